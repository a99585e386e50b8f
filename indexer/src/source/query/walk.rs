//! One list, page by page, until a page names no further one.

use std::collections::{HashMap, HashSet};
use std::hash::RandomState;

use super::asker::{Asker, Place};
use super::call::Ask;
use super::envelope::{self, Page};
use super::error::{QueryDefect, QueryError};
use super::method::Paged;
use super::tally::Tally;

/// What a list has shown so far. Memory: a hash for each object and the key of each page.
#[derive(Default)]
struct Seen {
    objects: HashSet<u64>,
    /// The key of each page, and its number.
    keys: HashMap<Vec<u8>, u32>,
    count: u64,
    /// What the first page counted, where that was not the objects on it.
    expected: Option<u64>,
}

impl Seen {
    /// Takes in a page, or says why the list cannot be believed.
    fn take(&mut self, number: u32, page: &Page) -> Result<(), QueryDefect> {
        if let Some(next) = &page.next_key {
            match self.keys.get(next) {
                Some(to) if *to == number => return Err(QueryDefect::RepeatedKey),
                Some(to) => return Err(QueryDefect::BackwardsKey { to: *to }),
                None => {}
            }
            if page.objects.is_empty() {
                return Err(QueryDefect::EmptyPage);
            }
        }
        for (object, key) in page.objects.iter().enumerate() {
            if !self.objects.insert(*key) {
                return Err(QueryDefect::RepeatedObject { object });
            }
        }
        let on_page = page.objects.len() as u64;
        self.count += on_page;
        self.total(number, page.total, on_page)?;
        match self.expected {
            Some(said) if page.next_key.is_none() && said != self.count => {
                Err(QueryDefect::Total { said, got: self.count })
            }
            _ => Ok(()),
        }
    }

    /// A total is that of the page in Akash's own lists, that of the list in all others, and 0 where nothing is counted.
    fn total(&mut self, number: u32, said: u64, on_page: u64) -> Result<(), QueryDefect> {
        if said == 0 || said == on_page || self.expected == Some(said) {
            return Ok(());
        }
        if number == 0 {
            self.expected = Some(said);
            return Ok(());
        }
        Err(QueryDefect::Total { said, got: on_page })
    }
}

/// Walks a list; each page goes into the tally.
pub(super) async fn list(
    asker: &Asker<'_>,
    tally: &Tally<'_>,
    first: Place<'_>,
    paged: &Paged,
    height: u64,
    limit: u64,
) -> Result<(), QueryError> {
    let hasher = RandomState::new();
    let encoding = asker.caller.encoding();
    let mut seen = Seen::default();
    let mut key = Vec::new();
    for page in 0..asker.limits.pages {
        let place = Place { page, ..first };
        let fail = |defect| asker.error(place, defect);
        let ask = Ask {
            key: &key,
            limit,
            count: paged.count && page == 0,
        };
        let body = asker.ask(place, height, Some(ask)).await?;
        seen.keys.insert(key, page);
        let read = envelope::page(paged, encoding, &body, &hasher).map_err(fail)?;
        seen.take(page, &read).map_err(fail)?;
        tally.page(place, encoding, body).map_err(fail)?;
        match read.next_key {
            None => return Ok(()),
            Some(next) => key = next,
        }
    }
    let place = Place {
        page: asker.limits.pages,
        ..first
    };
    let limit = asker.limits.pages;
    Err(asker.error(place, QueryDefect::TooManyPages { limit }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn page(objects: &[u64], next: Option<&[u8]>, total: u64) -> Page {
        Page {
            objects: objects.to_vec(),
            next_key: next.map(<[u8]>::to_vec),
            total,
        }
    }

    /// Takes pages whose keys are as their predecessors named them.
    fn walk(pages: &[Page]) -> Result<u64, QueryDefect> {
        let mut seen = Seen::default();
        let mut key = Vec::new();
        for (number, page) in pages.iter().enumerate() {
            let number = u32::try_from(number).unwrap();
            seen.keys.insert(key.clone(), number);
            seen.take(number, page)?;
            key = page.next_key.clone().unwrap_or_default();
        }
        Ok(seen.count)
    }

    #[test]
    fn pages_that_follow_each_other_are_taken_whatever_their_totals_count() {
        let of_page = [page(&[1, 2], Some(b"a"), 2), page(&[3], None, 1)];
        let of_list = [page(&[1, 2], Some(b"a"), 3), page(&[3], None, 0)];
        let of_list_always = [page(&[1, 2], Some(b"a"), 3), page(&[3], None, 3)];
        let none = [page(&[1, 2], Some(b"a"), 0), page(&[3], None, 0)];
        for pages in [&of_page, &of_list, &of_list_always, &none] {
            assert_eq!(walk(pages), Ok(3));
        }
        assert_eq!(walk(&[page(&[], None, 0)]), Ok(0));
    }

    #[test]
    fn a_list_that_does_not_come_to_an_end_is_refused() {
        let same = [page(&[1], Some(b"a"), 0), page(&[2], Some(b"a"), 0)];
        assert_eq!(walk(&same), Err(QueryDefect::RepeatedKey));
        let back = [
            page(&[1], Some(b"a"), 0),
            page(&[2], Some(b"b"), 0),
            page(&[3], Some(b"a"), 0),
        ];
        assert_eq!(walk(&back), Err(QueryDefect::BackwardsKey { to: 1 }));
        let empty = [page(&[1], Some(b"a"), 0), page(&[], Some(b"b"), 0)];
        assert_eq!(walk(&empty), Err(QueryDefect::EmptyPage));
        let again = [page(&[1, 2], Some(b"a"), 0), page(&[3, 2], None, 0)];
        assert_eq!(walk(&again), Err(QueryDefect::RepeatedObject { object: 1 }));
    }

    #[test]
    fn objects_that_are_counted_and_not_given_are_missed() {
        let first = [page(&[1, 2], Some(b"a"), 4), page(&[3], None, 0)];
        assert_eq!(walk(&first), Err(QueryDefect::Total { said: 4, got: 3 }));
        let later = [page(&[1, 2], Some(b"a"), 2), page(&[3], None, 2)];
        assert_eq!(walk(&later), Err(QueryDefect::Total { said: 2, got: 1 }));
        assert_eq!(
            walk(&[page(&[1], None, 2)]),
            Err(QueryDefect::Total { said: 2, got: 1 })
        );
    }
}
