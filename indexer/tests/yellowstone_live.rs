//! The stream in front of the RPC, against a Yellowstone server on loopback that replays the recorded slots: whatever
//! the stream does, the rows are those of the RPC alone.
#![allow(clippy::unwrap_used)]

#[path = "yellowstone/bench.rs"]
mod bench;
#[path = "yellowstone/faults.rs"]
mod faults;
#[path = "yellowstone/mock.rs"]
mod mock;
#[path = "yellowstone/order.rs"]
mod order;
#[path = "yellowstone/pitfalls.rs"]
mod pitfalls;
#[path = "yellowstone/real.rs"]
mod real;
#[path = "yellowstone/rows.rs"]
mod rows;
#[path = "yellowstone/rpc.rs"]
mod rpc;
#[path = "yellowstone/world.rs"]
mod world;
