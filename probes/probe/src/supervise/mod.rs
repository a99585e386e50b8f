//! Starts workers, watches them, and makes a report of what they say.
