//! Events, and how long callers have to wait.

use super::{Driver, Op};
use crate::error::{Answer, CuError};
use crate::scenario::Fault;

/// Number of a recording: only the last one of an event counts.
pub type Ticket = u64;

const DISABLE_TIMING: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Event {
    flags: u32,
    last: Ticket,
    done: Option<(Ticket, u64)>,
    device: usize,
}

/// What a caller that waits gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Over at this time, ns.
    At(u64),
    /// The end is not known yet.
    Unknown,
    /// Never.
    Never,
}

impl Driver {
    /// A new event.
    pub fn create_event(&mut self, flags: u32) -> u64 {
        let handle = self.handle();
        self.events.insert(
            handle,
            Event {
                flags,
                ..Event::default()
            },
        );
        handle
    }

    /// Ends an event.
    pub fn destroy_event(&mut self, handle: u64) -> Answer<()> {
        self.events.remove(&handle).map(|_| ()).ok_or(CuError::INVALID_HANDLE)
    }

    /// Records an event in a stream.
    pub fn record_event(&mut self, handle: u64, key: u64) -> Answer<()> {
        let device = self.stream(key)?.device;
        let event = self.events.get_mut(&handle).ok_or(CuError::INVALID_HANDLE)?;
        event.last += 1;
        event.device = device;
        let ticket = event.last;
        self.enqueue(key, Op::Record(handle, ticket))
    }

    /// Lets a stream wait for the last recording of an event.
    pub fn await_event(&mut self, handle: u64, key: u64) -> Answer<()> {
        let ticket = self.events.get(&handle).ok_or(CuError::INVALID_HANDLE)?.last;
        if ticket == 0 {
            return Ok(());
        }
        self.enqueue(key, Op::Await(handle, ticket))
    }

    pub(super) fn note_record(&mut self, handle: u64, ticket: Ticket, moment: u64) {
        if let Some(event) = self.events.get_mut(&handle) {
            event.done = Some((ticket, moment));
        }
    }

    /// Moment of a recording; `None` while it is not known. An event that is gone is not waited for.
    pub(super) fn recorded(&self, handle: u64, ticket: Ticket) -> Option<u64> {
        match self.events.get(&handle) {
            None => Some(0),
            Some(event) => event.done.filter(|(done, _)| *done >= ticket).map(|(_, moment)| moment),
        }
    }

    /// When an event is over.
    pub fn event_state(&mut self, handle: u64) -> Answer<Waited> {
        self.pump();
        let event = self.events.get(&handle).ok_or(CuError::INVALID_HANDLE)?;
        if event.last == 0 {
            return Ok(Waited::At(0));
        }
        let device = &self.devices[event.device];
        if device.hangs() {
            return Ok(Waited::Never);
        }
        device.health()?;
        Ok(event
            .done
            .filter(|(ticket, _)| *ticket == event.last)
            .map_or(Waited::Unknown, |(_, at)| Waited::At(at)))
    }

    /// When all work of a stream is over.
    pub fn stream_state(&mut self, key: u64) -> Answer<Waited> {
        self.pump();
        let stream = self.stream(key)?;
        let device = &self.devices[stream.device];
        if device.hangs() {
            return Ok(Waited::Never);
        }
        device.health()?;
        Ok(if stream.queue.is_empty() {
            Waited::At(stream.end)
        } else {
            Waited::Unknown
        })
    }

    /// When all work of a GPU is over.
    pub fn device_state(&mut self, index: usize) -> Answer<Waited> {
        let keys: Vec<u64> = self
            .streams
            .iter()
            .filter(|(_, s)| s.device == index)
            .map(|(key, _)| *key)
            .collect();
        let mut last = 0;
        for key in keys {
            match self.stream_state(key)? {
                Waited::At(moment) => last = last.max(moment),
                other => return Ok(other),
            }
        }
        Ok(Waited::At(last))
    }

    /// Milliseconds between two recordings.
    pub fn elapsed_ms(&mut self, from: u64, to: u64) -> Answer<f32> {
        self.pump();
        let moment = |driver: &Self, handle| {
            let event = driver.events.get(&handle).ok_or(CuError::INVALID_HANDLE)?;
            driver
                .devices
                .get(event.device)
                .map_or(Ok(()), |device| device.health())?;
            if event.flags & DISABLE_TIMING != 0 || event.last == 0 {
                return Err(CuError::INVALID_HANDLE);
            }
            event
                .done
                .filter(|(ticket, at)| *ticket == event.last && *at <= driver.now())
                .ok_or(CuError::NOT_READY)
        };
        let (from, to) = (moment(self, from)?.1, moment(self, to)?.1);
        if self.fault() == Some(Fault::Garbage) {
            return Ok(f32::NAN);
        }
        Ok(((to as f64 - from as f64) * 1e-6 * self.settings.scenario.event_factor) as f32)
    }
}
