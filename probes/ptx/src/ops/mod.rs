//! The meaning of warp-wide, matrix and asynchronous instructions, as pure functions.
//!
//! Registers are raw bits (`u32`); a warp's are arrays of 32, lane by lane, as the manual's fragment figures number them.
