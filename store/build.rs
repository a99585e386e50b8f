//! Embedded migrations are read when this crate compiles: compile it again when a file is added.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    println!("cargo:rerun-if-changed=build.rs");
}
