//! Capture of a stream into a graph, and its replay.

use super::{Driver, Op};
use crate::error::{Answer, CuError};

/// A captured graph: a chain.
#[derive(Clone, Debug)]
pub struct Graph {
    ops: Vec<Op>,
}

/// A graph that can be launched.
#[derive(Clone, Debug)]
pub struct Exec {
    ops: Vec<Op>,
}

impl Driver {
    /// Begins to collect a stream's work instead of doing it. The default stream cannot be captured.
    pub fn begin_capture(&mut self, key: u64) -> Answer<()> {
        if key < self.devices.len() as u64 {
            return Err(CuError::STREAM_CAPTURE_UNSUPPORTED);
        }
        let stream = self.stream_mut(key)?;
        if stream.capture.is_some() {
            return Err(CuError::ILLEGAL_STATE);
        }
        stream.capture = Some(Vec::new());
        Ok(())
    }

    /// Ends a capture; gives the graph.
    pub fn end_capture(&mut self, key: u64) -> Answer<u64> {
        let ops = self.stream_mut(key)?.capture.take().ok_or(CuError::ILLEGAL_STATE)?;
        let handle = self.handle();
        self.graphs.insert(handle, Graph { ops });
        Ok(handle)
    }

    /// Makes a graph ready.
    pub fn instantiate(&mut self, graph: u64) -> Answer<u64> {
        let ops = self.graphs.get(&graph).ok_or(CuError::INVALID_HANDLE)?.ops.clone();
        let handle = self.handle();
        self.execs.insert(handle, Exec { ops });
        Ok(handle)
    }

    /// Whether the handle is a graph that can be launched.
    pub fn has_exec(&self, exec: u64) -> Answer<()> {
        self.execs.get(&exec).map(|_| ()).ok_or(CuError::INVALID_HANDLE)
    }

    /// Launches a graph.
    pub fn launch_graph(&mut self, exec: u64, key: u64) -> Answer<()> {
        let ops = self.execs.get(&exec).ok_or(CuError::INVALID_HANDLE)?.ops.clone();
        self.enqueue_graph(key, &ops)
    }

    /// Ends a graph.
    pub fn destroy_graph(&mut self, graph: u64) -> Answer<()> {
        self.graphs.remove(&graph).map(|_| ()).ok_or(CuError::INVALID_HANDLE)
    }

    /// Ends a graph that can be launched.
    pub fn destroy_exec(&mut self, exec: u64) -> Answer<()> {
        self.execs.remove(&exec).map(|_| ()).ok_or(CuError::INVALID_HANDLE)
    }
}
