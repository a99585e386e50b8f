//! Streams: queues of work with a virtual end. Work is done as soon as its start is known; only a blocker, or what waits
//! for one, stays queued.

use super::Driver;
use super::events::Ticket;
use crate::error::{Answer, CuError};
use crate::host::Buffer;
use crate::kernel::{Kernel, Shape};
use crate::memory::content::Content;
use crate::power::Load;
use std::collections::VecDeque;

/// From the call to the start on an idle GPU, ns.
const LAUNCH_NS: u64 = 2_100;
/// The same for a copy.
const COPY_NS: u64 = 3_500;
/// Launch of a graph.
const GRAPH_NS: u64 = 3_000;

/// One entry of a queue.
#[derive(Clone, Debug)]
pub enum Op {
    /// A kernel.
    Launch(Kernel, Shape),
    /// Bytes to the device.
    ToDevice(u64, Buffer),
    /// Bytes that the caller's buffer held at the call.
    Bytes(u64, Vec<u8>),
    /// Bytes to the caller.
    ToHost(Buffer, u64),
    /// Between or inside GPUs: to, from, bytes.
    Between(u64, u64, u64),
    /// A rule for a range.
    Set(u64, u64, Content),
    /// An event's moment.
    Record(u64, Ticket),
    /// Until an event.
    Await(u64, Ticket),
    /// Memory goes back.
    Release(u64),
}

/// A stream.
#[derive(Debug)]
pub struct Stream {
    /// Its GPU.
    pub device: usize,
    /// Whether it waits for the default stream and the other way around.
    pub blocking: bool,
    /// When all that was done ends, ns.
    pub end: u64,
    /// Entries with the time of their call.
    pub queue: VecDeque<(u64, Op)>,
    /// Entries that a capture collects.
    pub capture: Option<Vec<Op>>,
    /// Whether the work at the end came by a graph: its kernels follow each other without launches.
    replay: bool,
}

impl Stream {
    /// An empty stream.
    pub fn new(device: usize, blocking: bool) -> Self {
        Self {
            device,
            blocking,
            end: 0,
            queue: VecDeque::new(),
            capture: None,
            replay: false,
        }
    }
}

impl Driver {
    /// A new stream.
    pub fn create_stream(&mut self, device: usize, blocking: bool) -> u64 {
        let handle = self.handle();
        self.streams.insert(handle, Stream::new(device, blocking));
        handle
    }

    /// Ends a stream; what is queued is done first.
    pub fn destroy_stream(&mut self, handle: u64) -> Answer<()> {
        if handle < self.devices.len() as u64 {
            return Err(CuError::INVALID_HANDLE);
        }
        self.pump();
        self.pending.remove(&handle);
        self.streams.remove(&handle).map(|_| ()).ok_or(CuError::INVALID_HANDLE)
    }

    /// The stream behind a caller's handle: 0, 1 and 2 are the default stream of the GPU in use.
    pub fn stream_key(&self, handle: u64, device: usize) -> Answer<u64> {
        let key = if handle <= 2 { device as u64 } else { handle };
        let stream = self.streams.get(&key).ok_or(CuError::INVALID_HANDLE)?;
        self.devices[stream.device].health()?;
        Ok(key)
    }

    /// State of a stream.
    pub fn stream(&self, key: u64) -> Answer<&Stream> {
        self.streams.get(&key).ok_or(CuError::INVALID_HANDLE)
    }

    pub(super) fn stream_mut(&mut self, key: u64) -> Answer<&mut Stream> {
        self.streams.get_mut(&key).ok_or(CuError::INVALID_HANDLE)
    }

    /// Queues an entry, or adds it to a capture.
    pub fn enqueue(&mut self, key: u64, op: Op) -> Answer<()> {
        let now = self.now();
        let device = self.stream(key)?.device;
        if matches!(op, Op::Launch(..)) {
            self.devices[device].launches += 1;
            self.devices[device].health()?;
        }
        let stream = self.stream_mut(key)?;
        if let Some(capture) = &mut stream.capture {
            capture.push(op);
            return Ok(());
        }
        stream.queue.push_back((now, op));
        self.pending.insert(key);
        self.pump();
        self.devices[device].health()
    }

    /// Queues the entries of a graph.
    pub(super) fn enqueue_graph(&mut self, key: u64, ops: &[Op]) -> Answer<()> {
        let now = self.now() + GRAPH_NS;
        let stream = self.stream_mut(key)?;
        if stream.capture.is_some() {
            return Err(CuError::STREAM_CAPTURE_UNSUPPORTED);
        }
        stream.replay = true;
        stream.queue.extend(ops.iter().map(|op| (now, op.clone())));
        let launches = ops.iter().filter(|op| matches!(op, Op::Launch(..))).count() as u64;
        let device = stream.device;
        self.devices[device].launches += launches;
        self.pending.insert(key);
        self.pump();
        self.devices[device].health()
    }

    /// Does all work whose start is known.
    pub fn pump(&mut self) {
        loop {
            let mut moved = false;
            for key in self.pending.iter().copied().collect::<Vec<_>>() {
                while self.step(key) {
                    moved = true;
                }
                let empty = self.streams.get(&key).is_none_or(|stream| stream.queue.is_empty());
                if empty {
                    self.pending.remove(&key);
                    if let Some(stream) = self.streams.get_mut(&key) {
                        stream.replay = false;
                    }
                }
            }
            if !moved || self.pending.is_empty() {
                return;
            }
        }
    }

    /// Does the first entry of a stream; `false` when there is none or its start is not known.
    fn step(&mut self, key: u64) -> bool {
        let Some(stream) = self.streams.get(&key) else {
            return false;
        };
        let Some((called, op)) = stream.queue.front().cloned() else {
            return false;
        };
        let device = stream.device;
        let Some(after) = self.end_of_siblings(key) else {
            return false;
        };
        let end = stream.end.max(after);
        let done = match &op {
            Op::Launch(Kernel::Blocker { flag, timeout_ns }, _) => {
                match self.blocker_end((called + LAUNCH_NS).max(end), *flag, *timeout_ns) {
                    Some(moment) => Ok(moment),
                    None => return false,
                }
            }
            Op::Await(event, ticket) => match self.recorded(*event, *ticket) {
                Some(moment) => Ok(end.max(moment)),
                None => return false,
            },
            Op::Record(event, ticket) => {
                let moment = end.max(called);
                self.note_record(*event, *ticket, moment);
                Ok(end)
            }
            other => self.perform(device, other, called, end, stream.replay),
        };
        if let Some(stream) = self.streams.get_mut(&key) {
            stream.queue.pop_front();
            stream.end = *done.as_ref().unwrap_or(&end);
        }
        if let Err(error) = done {
            self.devices[device].sticky = Some(error);
        }
        true
    }

    /// End of the streams that this one waits for by the default stream's rule; `None` while one of them is blocked.
    fn end_of_siblings(&self, key: u64) -> Option<u64> {
        let own = self.streams.get(&key)?;
        if !own.blocking {
            return Some(0);
        }
        let default = own.device as u64;
        let others = self.streams.iter().filter(|(other, stream)| {
            let related = if key == default {
                **other != default
            } else {
                **other == default
            };
            related && stream.blocking && stream.device == own.device
        });
        let mut end = 0;
        for (other, stream) in others {
            let first = stream.queue.front().map(|(called, _)| *called);
            let mine = own.queue.front().map(|(called, _)| *called);
            // Only what was called before this one is waited for.
            if first.is_some_and(|first| mine.is_none_or(|mine| first < mine)) && self.pending.contains(other) {
                return None;
            }
            end = end.max(stream.end);
        }
        Some(end)
    }

    /// When a blocker ends: now if the host has set its flag, or at its timeout.
    fn blocker_end(&self, start: u64, flag: u64, timeout_ns: u64) -> Option<u64> {
        let now = self.now().max(start);
        match crate::host::flag(flag) {
            Some(0) => (now >= start.saturating_add(timeout_ns)).then(|| start + timeout_ns),
            _ => Some(now),
        }
    }

    /// Does work that begins no earlier than `end`, and gives its own end.
    fn perform(&mut self, device: usize, op: &Op, called: u64, end: u64, replay: bool) -> Answer<u64> {
        let begin = |latency: u64| {
            if replay {
                end.max(called)
            } else {
                end.max(called + latency)
            }
        };
        match op {
            Op::Launch(kernel, shape) => {
                let device = &mut self.devices[device];
                let mut earliest = begin(LAUNCH_NS);
                if kernel.occupies() {
                    earliest = earliest.max(device.busy_until);
                }
                let span = kernel.run(*shape, device, earliest)?;
                if kernel.occupies() {
                    device.busy_until = span.end;
                }
                Ok(span.end)
            }
            Op::ToDevice(to, buffer) => {
                self.devices[device].memory.write(*to, buffer.bytes())?;
                Ok(self.host_copy(device, true, buffer.size(), buffer.pinned(), begin(COPY_NS)))
            }
            Op::Bytes(to, bytes) => {
                self.devices[device].memory.write(*to, bytes)?;
                Ok(self.host_copy(device, true, bytes.len(), true, begin(COPY_NS)))
            }
            Op::ToHost(buffer, from) => {
                let mut buffer = *buffer;
                self.devices[device].memory.read(*from, buffer.room())?;
                Ok(self.host_copy(device, false, buffer.size(), buffer.pinned(), begin(COPY_NS)))
            }
            Op::Between(to, from, bytes) => self.copy_between(*to, *from, *bytes, begin(COPY_NS)),
            Op::Set(to, bytes, content) => {
                let gpu = &mut self.devices[device];
                gpu.memory.put(*to, *bytes, content);
                let start = begin(LAUNCH_NS);
                let ns = (*bytes as f64 / (gpu.scenario.real.bandwidth_gbps * 0.9)).max(1_200.0);
                gpu.power.note(Load::Memory, start, start + ns as u64);
                Ok(start + ns as u64)
            }
            Op::Release(address) => {
                self.devices[device].memory.release(*address)?;
                Ok(end)
            }
            Op::Record(..) | Op::Await(..) => Ok(end),
        }
    }
}
