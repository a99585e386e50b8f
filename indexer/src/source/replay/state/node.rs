//! A query node: the meaning of a request in, objects of the book out, with the faults that it is told to have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tonic::Code;

use super::book::{BookBlock, Held, Objects, Question, StateBook, Totals};
use super::options::{StateFaultKind, StateOptions};
use crate::source::Encoding;

/// Objects on a page whose limit nobody named, as in a real node.
const DEFAULT_LIMIT: u64 = 100;
/// Chain that a node with that fault says it is of.
const OTHER_CHAIN: &str = "other-chain-1";

/// Which page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) key: Vec<u8>,
    pub(super) offset: u64,
    pub(super) limit: u64,
    pub(super) count_total: bool,
}

/// A request, whatever it came over.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) subject: &'a str,
    /// As the header has it; `None`: the newest.
    pub(super) height: Option<&'a str>,
    pub(super) page: PageRequest,
    pub(super) encoding: Encoding,
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) items: &'static str,
    pub(super) objects: Vec<Bytes>,
    pub(super) next_key: Option<Vec<u8>>,
    pub(super) total: Option<u64>,
}

/// What an answer holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Whole(Bytes),
    Page(Page),
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Of which height the answer says to be; `None`: it does not say.
    pub(super) height: Option<u64>,
    pub(super) content: Content,
}

/// The node refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// How the front is to spoil an answer that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoil {
    Garbage,
    Truncated,
    Cut,
}

/// A block as `GetBlockByHeight` answers it.
pub(super) struct NodeBlock {
    pub(super) chain_id: String,
    pub(super) height: u64,
    pub(super) block: BookBlock,
}

/// A node that answers from a book.
pub(super) struct StateNode {
    book: Arc<dyn StateBook>,
    options: StateOptions,
    tip: watch::Receiver<(u64, Instant)>,
    refused: AtomicU32,
}

impl StateNode {
    pub(super) fn new(book: Arc<dyn StateBook>, options: StateOptions, tip: watch::Receiver<(u64, Instant)>) -> Self {
        Self {
            book,
            options,
            tip,
            refused: AtomicU32::new(0),
        }
    }

    pub(super) fn book(&self) -> &dyn StateBook {
        &*self.book
    }

    fn has(&self, method: &str, kind: StateFaultKind) -> bool {
        self.kinds(method).any(|k| k == kind)
    }

    fn kinds<'a>(&'a self, method: &'a str) -> impl Iterator<Item = StateFaultKind> + 'a {
        let concerned = self.options.faults.iter().filter(|fault| fault.concerns(method));
        concerned.map(|fault| fault.kind)
    }

    /// What happens to a request before it is looked at: it waits, or it is refused.
    pub(super) async fn admit(&self, method: &str) -> Result<(), Refusal> {
        for kind in self.kinds(method) {
            match kind {
                StateFaultKind::Slow(by) => tokio::time::sleep(by).await,
                StateFaultKind::Silent => tokio::time::sleep(Duration::from_secs(3600)).await,
                StateFaultKind::Unavailable(n) if self.refuses(n) => {
                    return Err(Refusal::new(Code::Unavailable, "upstream connect error"));
                }
                StateFaultKind::RateLimited(n) if self.refuses(n) => {
                    return Err(Refusal::new(Code::ResourceExhausted, "rate limit exceeded"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether this is one of the first `n` requests.
    fn refuses(&self, n: u32) -> bool {
        let count = |seen: u32| (seen < n).then_some(seen + 1);
        self.refused
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count)
            .is_ok()
    }

    /// How the bytes of an answer are spoilt.
    pub(super) fn spoil(&self, method: &str) -> Option<Spoil> {
        self.kinds(method).find_map(|kind| match kind {
            StateFaultKind::Garbage => Some(Spoil::Garbage),
            StateFaultKind::Truncated => Some(Spoil::Truncated),
            StateFaultKind::Cut => Some(Spoil::Cut),
            _ => None,
        })
    }

    /// The newest block; beyond the recording it is made up.
    pub(super) fn latest(&self) -> u64 {
        let (tip, last) = (self.tip.borrow().0, *self.book.heights().end());
        if tip >= last { last + self.options.lead } else { tip }
    }

    /// A block by height.
    pub(super) fn block(&self, height: u64) -> Result<NodeBlock, Refusal> {
        let (latest, last) = (self.latest(), *self.book.heights().end());
        if height > latest {
            let message = "requested block height is bigger then the chain length";
            return Err(Refusal::new(Code::InvalidArgument, message));
        }
        let block = if height > last {
            self.beyond(height, last)
        } else {
            self.book.block(height)
        };
        let block = block.ok_or_else(|| {
            let message = format!(
                "height {height} is not available, lowest height is {}",
                self.book.heights().start()
            );
            Refusal::new(Code::Unknown, message)
        })?;
        let other = self.has("", StateFaultKind::OtherChain);
        Ok(NodeBlock {
            chain_id: if other { OTHER_CHAIN } else { self.book.chain_id() }.to_owned(),
            height,
            block,
        })
    }

    /// A block that nobody recorded: a second later each, with a hash that no block has.
    fn beyond(&self, height: u64, last: u64) -> Option<BookBlock> {
        let time = OffsetDateTime::parse(&self.book.block(last)?.time, &Rfc3339).ok()?;
        let later = time.checked_add(time::Duration::seconds(i64::try_from(height - last).ok()?))?;
        Some(BookBlock {
            hash: hex::encode_upper(Sha256::digest(format!("{} {height}", self.book.chain_id()))),
            time: later.format(&Rfc3339).ok()?,
        })
    }

    /// The height that a request means, or the refusal of a real node.
    fn height(&self, asked: Option<&str>, encoding: Encoding) -> Result<u64, Refusal> {
        let asked: i64 = match asked {
            None => 0,
            Some(text) => text.trim().parse().map_err(|_| {
                let message = format!("codespace sdk code 18: invalid request: invalid height header {text:?}");
                Refusal::new(Code::InvalidArgument, message)
            })?,
        };
        let Ok(height) = u64::try_from(asked) else {
            let message = "codespace sdk code 18: invalid request: cannot query with height < 0; \
                           please provide a valid height";
            return Err(Refusal::new(Code::Unknown, message));
        };
        let latest = self.latest();
        let height = if height == 0 { self.tip.borrow().0 } else { height };
        if height > latest {
            let message = "codespace sdk code 26: invalid height: cannot query with height in the future; \
                           please provide a valid height";
            return Err(Refusal::new(Code::Unknown, message));
        }
        if self.has("", StateFaultKind::Pruned) || !self.book.has(height, encoding) {
            let message = format!(
                "codespace sdk code 38: not found: failed to load state at height {height}; version does not exist \
                 (latest height: {latest})"
            );
            return Err(Refusal::new(Code::NotFound, message));
        }
        Ok(height)
    }

    /// Answers a query.
    pub(super) fn answer(&self, ask: &Ask<'_>) -> Result<Reply, Refusal> {
        let height = self.height(ask.height, ask.encoding)?;
        let question = Question {
            method: ask.method,
            subject: ask.subject,
            height,
            encoding: ask.encoding,
        };
        let missing = self.has(ask.method, StateFaultKind::Unimplemented);
        let held = if missing { None } else { self.book.find(&question) };
        let mut inner = false;
        let content = match held {
            None => return Err(unimplemented(ask.method)),
            Some(Held::Refused { code, message }) => return Err(Refusal { code, message }),
            Some(Held::Whole(body)) => Content::Whole(body),
            Some(Held::List {
                objects,
                items,
                totals,
                unlimited,
            }) => {
                let list = List {
                    method: ask.method,
                    objects: &*objects,
                    totals,
                    unlimited: unlimited || self.has(ask.method, StateFaultKind::IgnoreLimit),
                };
                let mut page = list.page(&ask.page)?;
                page.items = items;
                inner = !ask.page.key.is_empty() || page.next_key.is_none();
                Content::Page(self.wrong(&list, &ask.page, page))
            }
        };
        let shifted = u64::from(inner && self.has(ask.method, StateFaultKind::OtherHeight));
        let silent = self.has(ask.method, StateFaultKind::NoHeight);
        Ok(Reply {
            height: (!silent).then_some(height + shifted),
            content,
        })
    }

    /// A page with the faults of its list.
    fn wrong(&self, list: &List<'_>, asked: &PageRequest, mut page: Page) -> Page {
        let first = asked.key.is_empty();
        let second = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        for kind in self.kinds(list.method) {
            match kind {
                StateFaultKind::RepeatKey => {
                    page.objects = list.cut(0, page.objects.len());
                    page.next_key = Some(list.key(1));
                }
                StateFaultKind::CycleKey if list.index(&asked.key).is_some_and(|from| from > second) => {
                    page.next_key = Some(list.key(second));
                }
                StateFaultKind::RepeatedObject => list.repeat(&asked.key, &mut page),
                StateFaultKind::EmptyPage if !first => page.objects.clear(),
                StateFaultKind::EmptyPage if page.next_key.is_none() => page.next_key = Some(list.key(1)),
                StateFaultKind::WrongTotal => page.total = page.total.map(|total| total + 1),
                _ => {}
            }
        }
        page
    }
}

fn unimplemented(method: &str) -> Refusal {
    let service = method.split('/').next().unwrap_or_default();
    Refusal::new(Code::Unimplemented, format!("unknown service {service}"))
}

/// A list that pages are cut out of.
struct List<'a> {
    method: &'a str,
    objects: &'a dyn Objects,
    totals: Totals,
    unlimited: bool,
}

impl List<'_> {
    /// The key of the page that begins at an object. As in a real node it says nothing to a client and has no order.
    fn key(&self, index: usize) -> Vec<u8> {
        let mut key = Sha256::digest(format!("{} {index}", self.method))[..4].to_vec();
        key.extend_from_slice(&(index as u64).to_be_bytes());
        key
    }

    fn index(&self, key: &[u8]) -> Option<usize> {
        let index = usize::try_from(u64::from_be_bytes(key.get(4..)?.try_into().ok()?)).ok()?;
        (index <= self.objects.count() && self.key(index) == key).then_some(index)
    }

    fn cut(&self, from: usize, count: usize) -> Vec<Bytes> {
        let end = from.saturating_add(count).min(self.objects.count());
        (from..end).map(|index| self.objects.object(index)).collect()
    }

    fn page(&self, asked: &PageRequest) -> Result<Page, Refusal> {
        let refuse = |message: &str| Refusal::new(Code::InvalidArgument, message);
        if asked.offset > 0 && !asked.key.is_empty() {
            return Err(refuse("invalid request, either offset or key is expected, got both"));
        }
        if asked.offset > 0 && self.totals == Totals::OfPage {
            return Err(refuse(
                "invalid request parameters. if offset is set, filter.state must be provided",
            ));
        }
        let from = match asked.key.as_slice() {
            [] => usize::try_from(asked.offset).unwrap_or(usize::MAX),
            key => self.index(key).ok_or_else(|| refuse("invalid pagination key"))?,
        };
        let limit = if asked.limit == 0 { DEFAULT_LIMIT } else { asked.limit };
        let limit = if self.unlimited {
            usize::MAX
        } else {
            usize::try_from(limit).unwrap_or(usize::MAX)
        };
        let objects = self.cut(from, limit);
        let end = from.saturating_add(objects.len());
        let counted = asked.count_total && asked.key.is_empty();
        let total = match self.totals {
            Totals::OfPage => Some(objects.len()),
            Totals::OfList => counted.then(|| self.objects.count()),
        };
        Ok(Page {
            items: "",
            next_key: (end < self.objects.count()).then(|| self.key(end)),
            total: total.map(|n| n as u64),
            objects,
        })
    }

    /// Puts in an object that was on the page before, or is on this one, where there is no other.
    fn repeat(&self, key: &[u8], page: &mut Page) {
        match self.index(key) {
            Some(from @ 1..) => page.objects.insert(0, self.objects.object(from - 1)),
            _ if page.next_key.is_none() => page.objects.extend(page.objects.last().cloned()),
            _ => return,
        }
        if self.totals == Totals::OfPage {
            page.total = page.total.map(|total| total + 1);
        }
    }
}
