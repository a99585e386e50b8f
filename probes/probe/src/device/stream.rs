//! Queues of work and the clock between two points of one.

use super::{Buffer, DeviceError, Launch, Pinned, context::Context, raw};
use std::rc::Rc;

/// A queue of work on one GPU. Everything but [`synchronize`](Self::synchronize) only queues.
#[derive(Debug)]
pub(crate) struct Stream {
    context: Rc<Context>,
    handle: raw::CUstream,
}

impl Stream {
    pub(super) fn new(context: &Rc<Context>) -> Result<Self, DeviceError> {
        context.enter()?;
        let handle = raw::stream_create()?;
        Ok(Self {
            context: Rc::clone(context),
            handle,
        })
    }

    /// Waits until everything queued is done.
    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::stream_synchronize(self.handle)
    }

    /// Queues a kernel.
    pub(crate) fn launch(&self, launch: &Launch) -> Result<(), DeviceError> {
        self.context.enter()?;
        let mut parameters = launch.arguments.pointers();
        raw::launch(
            launch.function,
            launch.grid,
            launch.block,
            launch.shared_bytes,
            self.handle,
            &mut parameters,
        )
    }

    /// Queues a point in time.
    pub(crate) fn record(&self, event: &Event) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::event_record(event.handle, self.handle)
    }

    /// Queues waiting for a point in time of another stream.
    pub(crate) fn wait(&self, event: &Event) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::stream_wait(self.handle, event.handle)
    }

    /// Queues setting all bytes of a buffer.
    pub(crate) fn fill_bytes(&self, buffer: &Buffer, value: u8) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::set_bytes(buffer.address(), value, buffer.bytes(), self.handle)
    }

    /// Queues a copy of `bytes` from pinned memory to the start of a buffer.
    pub(crate) fn copy_in(&self, to: &Buffer, from: &Pinned, bytes: u64) -> Result<(), DeviceError> {
        to.check_range(0, bytes)?;
        self.context.enter()?;
        raw::copy_in(to.address(), part(from.as_slice(), bytes)?, self.handle)
    }

    /// Queues a copy of `bytes` from the start of a buffer to pinned memory. Do not read `to` before waiting.
    pub(crate) fn copy_out(&self, to: &mut Pinned, from: &Buffer, bytes: u64) -> Result<(), DeviceError> {
        from.check_range(0, bytes)?;
        self.context.enter()?;
        let to = to.as_mut_slice();
        let length = part(to, bytes)?.len();
        raw::copy_out(&mut to[..length], from.address(), self.handle)
    }

    /// Queues a copy from one GPU to another; the stream may be of either.
    pub(crate) fn copy_peer(&self, to: &Buffer, from: &Buffer, bytes: u64) -> Result<(), DeviceError> {
        to.check_range(0, bytes)?;
        from.check_range(0, bytes)?;
        self.context.enter()?;
        raw::copy_peer(
            (to.address(), to.context().handle),
            (from.address(), from.context().handle),
            bytes,
            self.handle,
        )
    }

    /// Waits for everything queued and reads `count` plain values, `offset` bytes from the start of a buffer.
    pub(crate) fn read<T: raw::Plain>(&self, from: &Buffer, offset: u64, count: usize) -> Result<Vec<T>, DeviceError> {
        from.check_range(offset, (count * size_of::<T>()) as u64)?;
        self.context.enter()?;
        let mut values = vec![T::default(); count];
        raw::copy_out(&mut values, from.address() + offset, self.handle)?;
        raw::stream_synchronize(self.handle)?;
        Ok(values)
    }

    /// Records what `work` queues on this stream, to be replayed at once.
    pub(crate) fn capture(&self, work: impl FnOnce(&Self) -> Result<(), DeviceError>) -> Result<Graph, DeviceError> {
        self.context.enter()?;
        let handle = raw::capture(self.handle, || work(self))?;
        Ok(Graph {
            context: Rc::clone(&self.context),
            handle,
        })
    }

    /// Queues a recorded graph.
    pub(crate) fn launch_graph(&self, graph: &Graph) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::graph_launch(graph.handle, self.handle)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // As for `Buffer`: the stream of a lost GPU is gone already.
        let _ = self.context.enter().and_then(|()| raw::stream_destroy(self.handle));
    }
}

fn part(slice: &[u8], bytes: u64) -> Result<&[u8], DeviceError> {
    usize::try_from(bytes)
        .ok()
        .and_then(|bytes| slice.get(..bytes))
        .ok_or_else(|| DeviceError::Internal(format!("{bytes} bytes of pinned memory of {}", slice.len())))
}

/// A point in time of a stream, by the device's clock.
#[derive(Debug)]
pub(crate) struct Event {
    context: Rc<Context>,
    handle: raw::CUevent,
}

impl Event {
    pub(super) fn new(context: &Rc<Context>) -> Result<Self, DeviceError> {
        context.enter()?;
        let handle = raw::event_create()?;
        Ok(Self {
            context: Rc::clone(context),
            handle,
        })
    }

    /// Waits until the stream has reached it.
    pub(crate) fn synchronize(&self) -> Result<(), DeviceError> {
        self.context.enter()?;
        raw::event_synchronize(self.handle)
    }

    /// Seconds from this one to a later one; both must have been reached. Never negative, never not finite.
    pub(crate) fn seconds_until(&self, later: &Self) -> Result<f64, DeviceError> {
        self.context.enter()?;
        let milliseconds = raw::event_elapsed(self.handle, later.handle)?;
        if !milliseconds.is_finite() || milliseconds < 0.0 {
            return Err(DeviceError::Garbage(format!("{milliseconds} ms between two events")));
        }
        Ok(f64::from(milliseconds) / 1e3)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // As for `Buffer`.
        let _ = self.context.enter().and_then(|()| raw::event_destroy(self.handle));
    }
}

/// Work that was recorded and is launched as one.
#[derive(Debug)]
pub(crate) struct Graph {
    context: Rc<Context>,
    handle: raw::CUgraphExec,
}

impl Drop for Graph {
    fn drop(&mut self) {
        // As for `Buffer`.
        let _ = self.context.enter().and_then(|()| raw::graph_destroy(self.handle));
    }
}
