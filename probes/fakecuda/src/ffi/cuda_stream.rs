//! Streams, events, graphs.
#![allow(missing_docs, clippy::missing_safety_doc)]

use super::store;
use crate::driver::{Driver, Waited};
use crate::error::{Answer, CuError};
use crate::state::{code, wait, with, with_context};
use std::ffi::{c_int, c_uint};

/// Runs `call` with the stream behind a handle.
fn on<T>(stream: u64, call: impl FnOnce(&mut Driver, u64) -> Answer<T>) -> Answer<T> {
    with_context(|driver, device| {
        let key = driver.stream_key(stream, device)?;
        call(driver, key)
    })
}

fn wait_for(stream: u64) -> Answer<()> {
    let key = on(stream, |driver, key| match driver.stream(key)?.capture {
        Some(_) => Err(CuError::STREAM_CAPTURE_UNSUPPORTED),
        None => Ok(key),
    })?;
    wait(|driver| driver.stream_state(key))
}

fn query(state: Answer<(Waited, u64)>) -> u32 {
    code(state.and_then(|(waited, now)| match waited {
        Waited::At(moment) if moment <= now => Ok(()),
        _ => Err(CuError::NOT_READY),
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamCreate(stream: *mut u64, flags: c_uint) -> u32 {
    if flags > 1 {
        return CuError::INVALID_VALUE.0;
    }
    let answer = with_context(|driver, device| Ok(driver.create_stream(device, flags == 0)));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(stream, handle) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamCreateWithPriority(stream: *mut u64, flags: c_uint, _priority: c_int) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuStreamCreate(stream, flags) }
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamDestroy_v2(stream: u64) -> u32 {
    code(with(|driver| driver.destroy_stream(stream)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamSynchronize(stream: u64) -> u32 {
    code(wait_for(stream))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamQuery(stream: u64) -> u32 {
    query(on(stream, |driver, key| Ok((driver.stream_state(key)?, driver.now()))))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamWaitEvent(stream: u64, event: u64, _flags: c_uint) -> u32 {
    code(on(stream, |driver, key| driver.await_event(event, key)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamIsCapturing(stream: u64, status: *mut u32) -> u32 {
    let answer = on(stream, |driver, key| {
        Ok(u32::from(driver.stream(key)?.capture.is_some()))
    });
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|number| unsafe { store(status, number) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuStreamBeginCapture_v2(stream: u64, mode: u32) -> u32 {
    if mode > 2 {
        return CuError::INVALID_VALUE.0;
    }
    code(on(stream, |driver, key| driver.begin_capture(key)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamEndCapture(stream: u64, graph: *mut u64) -> u32 {
    let answer = on(stream, |driver, key| driver.end_capture(key));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(graph, handle) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuThreadExchangeStreamCaptureMode(mode: *mut u32) -> u32 {
    // SAFETY: the caller's pointer, checked for null.
    code(unsafe { store(mode, 0) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGraphInstantiateWithFlags(exec: *mut u64, graph: u64, _flags: u64) -> u32 {
    let answer = with(|driver| driver.instantiate(graph));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(exec, handle) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGraphLaunch(exec: u64, stream: u64) -> u32 {
    code(on(stream, |driver, key| driver.launch_graph(exec, key)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGraphUpload(exec: u64, stream: u64) -> u32 {
    code(on(stream, |driver, _| driver.has_exec(exec)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGraphDestroy(graph: u64) -> u32 {
    code(with(|driver| driver.destroy_graph(graph)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuGraphExecDestroy(exec: u64) -> u32 {
    code(with(|driver| driver.destroy_exec(exec)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventCreate(event: *mut u64, flags: c_uint) -> u32 {
    let answer = with_context(|driver, _| Ok(driver.create_event(flags)));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|handle| unsafe { store(event, handle) }))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventDestroy_v2(event: u64) -> u32 {
    code(with(|driver| driver.destroy_event(event)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventRecord(event: u64, stream: u64) -> u32 {
    code(on(stream, |driver, key| driver.record_event(event, key)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventRecordWithFlags(event: u64, stream: u64, _flags: c_uint) -> u32 {
    cuEventRecord(event, stream)
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventSynchronize(event: u64) -> u32 {
    code(wait(|driver| driver.event_state(event)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cuEventQuery(event: u64) -> u32 {
    query(with(|driver| Ok((driver.event_state(event)?, driver.now()))))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventElapsedTime(milliseconds: *mut f32, from: u64, to: u64) -> u32 {
    let answer = with(|driver| driver.elapsed_ms(from, to));
    // SAFETY: the caller's pointer, checked for null.
    code(answer.and_then(|ms| unsafe { store(milliseconds, ms) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuEventElapsedTime_v2(milliseconds: *mut f32, from: u64, to: u64) -> u32 {
    // SAFETY: the same contract.
    unsafe { cuEventElapsedTime(milliseconds, from, to) }
}
