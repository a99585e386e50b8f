//! Lines of bodies, kept compressed in memory in groups, opened on demand.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Mutex;

use bytes::Bytes;

/// Uncompressed size at which a group is closed: large enough to compress well, small enough to open per request.
const GROUP_BYTES: usize = 512 * 1024;
/// Opened groups kept: a fetch that walks through the heights opens each group once.
const OPEN_GROUPS: usize = 8;
/// Fast level: a group is opened far more often than it is written, and the bodies repeat themselves.
const LEVEL: i32 = 1;

/// Where a line lies: its group, and its bytes there.
#[derive(Clone, Copy)]
struct Place {
    group: u32,
    start: u32,
    end: u32,
}

/// Lines by height. The memory needed is that of the compressed bytes and a few opened groups.
pub(in crate::source) struct Lines {
    groups: Vec<(Box<[u8]>, usize)>,
    places: BTreeMap<u64, Place>,
    open: Mutex<VecDeque<(u32, Bytes)>>,
}

/// Builds [`Lines`] from one pass over a stream.
#[derive(Default)]
pub(in crate::source) struct LinesBuilder {
    groups: Vec<(Box<[u8]>, usize)>,
    places: BTreeMap<u64, Place>,
    current: Vec<u8>,
}

impl LinesBuilder {
    /// Adds a line. A height that is there already is refused.
    pub(in crate::source) fn push(&mut self, height: u64, line: &[u8]) -> io::Result<()> {
        let start = self.current.len();
        let end = start + line.len();
        let limit =
            |n: usize| u32::try_from(n).map_err(|_| invalid(format!("the line of height {height} is too long")));
        let place = Place {
            group: limit(self.groups.len())?,
            start: limit(start)?,
            end: limit(end)?,
        };
        if self.places.insert(height, place).is_some() {
            return Err(invalid(format!("height {height} occurs twice")));
        }
        self.current.extend_from_slice(line);
        if self.current.len() >= GROUP_BYTES {
            self.close_group()
        } else {
            Ok(())
        }
    }

    fn close_group(&mut self) -> io::Result<()> {
        let packed = zstd::bulk::compress(&self.current, LEVEL)?;
        self.groups.push((packed.into_boxed_slice(), self.current.len()));
        self.current.clear();
        Ok(())
    }

    /// The finished lines.
    pub(in crate::source) fn finish(mut self) -> io::Result<Lines> {
        if !self.current.is_empty() {
            self.close_group()?;
        }
        Ok(Lines {
            groups: self.groups,
            places: self.places,
            open: Mutex::default(),
        })
    }
}

impl Lines {
    /// First and last height, `None` if there is no line.
    pub(in crate::source) fn bounds(&self) -> Option<(u64, u64)> {
        Some((*self.places.first_key_value()?.0, *self.places.last_key_value()?.0))
    }

    /// Number of lines.
    pub(in crate::source) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is a line of this height.
    pub(in crate::source) fn contains(&self, height: u64) -> bool {
        self.places.contains_key(&height)
    }

    /// The line of a height.
    pub(in crate::source) fn get(&self, height: u64) -> io::Result<Option<Bytes>> {
        let Some(place) = self.places.get(&height) else {
            return Ok(None);
        };
        let group = self.group(place.group)?;
        Ok(Some(group.slice(place.start as usize..place.end as usize)))
    }

    fn group(&self, wanted: u32) -> io::Result<Bytes> {
        let cached = |open: &VecDeque<(u32, Bytes)>| open.iter().find(|(i, _)| *i == wanted).map(|(_, b)| b.clone());
        if let Some(bytes) = cached(&lock(&self.open)) {
            return Ok(bytes);
        }
        let (packed, size) = &self.groups[wanted as usize];
        let bytes = Bytes::from(zstd::bulk::decompress(packed, *size)?);
        let mut open = lock(&self.open);
        if cached(&open).is_none() {
            open.push_back((wanted, bytes.clone()));
            if open.len() > OPEN_GROUPS {
                open.pop_front();
            }
        }
        Ok(bytes)
    }
}

/// A cache stays usable after a panic elsewhere: it holds whole values only.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Data that is not what its file says.
pub(in crate::source) fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_come_back_as_they_were_pushed_across_groups() {
        let line = |h: u64| vec![u8::try_from(h % 251).unwrap(); 10_000 + usize::try_from(h).unwrap()];
        let mut builder = LinesBuilder::default();
        for h in 5..300 {
            builder.push(h, &line(h)).unwrap();
        }
        let lines = builder.finish().unwrap();
        assert!(lines.groups.len() > 4);
        assert_eq!((lines.bounds(), lines.len()), (Some((5, 299)), 295));
        for h in (5..300).rev() {
            assert_eq!(lines.get(h).unwrap().unwrap(), line(h));
        }
        assert_eq!(lines.get(4).unwrap(), None);
        assert!(lock(&lines.open).len() <= OPEN_GROUPS);
    }

    #[test]
    fn a_height_that_occurs_twice_is_refused() {
        let mut builder = LinesBuilder::default();
        builder.push(1, b"a").unwrap();
        assert_eq!(builder.push(1, b"b").unwrap_err().to_string(), "height 1 occurs twice");
    }
}
