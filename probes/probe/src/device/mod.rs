//! A GPU through its driver: opening it, the kernels that it takes, memory, queues, and time by its own clock.
//!
//! Nothing here is loaded before [`driver::open`] has seen that a driver is there, is new enough and has every function
//! that is called; so on a machine without one this is an error value, not a panic. A worker still catches panics,
//! because the loader below has some.
//!
//! Types are for one thread. Everything that lives on a GPU keeps its context, and dropping never fails: what a lost
//! GPU answers then is of no use to anybody.

mod arguments;
mod context;
pub(crate) mod driver;
mod error;
mod facts;
#[cfg(test)]
mod fake_tests;
mod launches;
mod memory;
mod modules;
mod peer;
mod raw;
mod stream;
mod tensor_map;
pub(crate) mod timing;

pub(crate) use arguments::{Argument, Arguments};
pub(crate) use error::DeviceError;
pub(crate) use facts::Facts;
pub(crate) use launches::{Launch, Product};
pub(crate) use memory::{Buffer, Pinned};
pub(crate) use stream::{Event, Stream};
pub(crate) use tensor_map::element_bytes;

use context::Context;
use gridproof_probe_kernels::{Arch, Set};
use gridproof_probe_protocol::report::Architecture;
use modules::Modules;
use std::rc::Rc;

/// One GPU, opened.
#[derive(Debug)]
pub(crate) struct Device {
    // Dropped in this order: what lives in the context before the context.
    stream: Stream,
    modules: Modules,
    facts: Facts,
    ordinal: u32,
    context: Rc<Context>,
}

impl Device {
    /// Opens the GPU of an ordinal: asks the driver about it, refuses nonsense, loads the kernels. That no kernel fits is
    /// no error here, see [`architecture`](Self::architecture); launches then answer `UnknownArchitecture`.
    pub(crate) fn open(ordinal: u32) -> Result<Self, DeviceError> {
        Self::open_with(ordinal, None)
    }

    /// The same with the images of one architecture instead of the best that loads; one that the driver refuses is an
    /// error. For checks of images that a GPU takes and does not need, such as intermediate code on any newer GPU.
    pub(crate) fn open_with(ordinal: u32, arch: Option<Arch>) -> Result<Self, DeviceError> {
        let count = driver::count()?;
        if ordinal >= count {
            return Err(DeviceError::NoGpu);
        }
        let device = raw::device(ordinal.cast_signed())?;
        let facts = Facts::read(device)?;
        facts.check()?;
        let context = Context::open(device)?;
        let modules = match arch {
            Some(arch) => Modules::only(&context, arch, facts.capability)?,
            None => Modules::load(&context, facts.capability)?,
        };
        let stream = Stream::new(&context)?;
        Ok(Self {
            stream,
            modules,
            facts,
            ordinal,
            context,
        })
    }

    /// Ordinal of the driver.
    pub(crate) fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// What the driver says of it.
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Compute capability as reported, and the code that really loaded.
    pub(crate) fn architecture(&self) -> &Architecture {
        &self.modules.architecture
    }

    /// Whether there are tensor kernels of ours for it, or why not.
    pub(crate) fn has_gemm(&self) -> Result<(), &str> {
        self.modules.has_gemm()
    }

    /// File name of the image that the kernels of a set come from.
    pub(crate) fn image(&self, set: Set) -> Option<&'static str> {
        self.modules.file(set)
    }

    /// Multiprocessors that the driver reports; at least 1. Launch shapes follow it.
    pub(crate) fn multiprocessors(&self) -> u32 {
        self.facts.multiprocessors.unsigned_abs().max(1)
    }

    /// Free and total memory, bytes.
    pub(crate) fn memory(&self) -> Result<(u64, u64), DeviceError> {
        self.context.enter()?;
        let (free, total) = raw::memory_info()?;
        facts::check_memory(free, total)?;
        Ok((free, total))
    }

    /// Memory of the device; its content is undefined.
    pub(crate) fn alloc(&self, bytes: u64) -> Result<Buffer, DeviceError> {
        Buffer::new(&self.context, bytes)
    }

    /// Pinned memory of the host.
    pub(crate) fn pinned(&self, bytes: usize) -> Result<Pinned, DeviceError> {
        Pinned::new(&self.context, bytes)
    }

    /// The queue that everything uses that needs only one.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Another queue, which runs beside the first.
    pub(crate) fn new_stream(&self) -> Result<Stream, DeviceError> {
        Stream::new(&self.context)
    }

    /// A point in time to record.
    pub(crate) fn event(&self) -> Result<Event, DeviceError> {
        Event::new(&self.context)
    }

    /// Queues a kernel and waits for it.
    pub(crate) fn run(&self, launch: &Launch) -> Result<(), DeviceError> {
        self.stream.launch(launch)?;
        self.stream.synchronize()
    }
}
