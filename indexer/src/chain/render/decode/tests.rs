//! Bodies: recorded ones in both encodings, versions, and everything hostile.

mod bodies;
mod hostile;
mod mutations;
mod recorded;
