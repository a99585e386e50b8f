//! `gridproof-probe`: checks that a GPU is what it is sold as.

fn main() {}
