//! What a node may not answer: each is an error that names endpoint, method, page and what to do, and no state is given.
#![allow(clippy::unwrap_used)]

mod state_support;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gridproof_indexer::source::replay::{
    BookBlock, Held, Question, StateBook, StateFault, StateFaultKind, StateHandle, StateOptions, StateRecording,
    serve_book, serve_state,
};
use gridproof_indexer::source::{
    Class, Encoding, QueryConfig, QueryDefect, QueryError, RawState, StateHeight, StateQuery, StateSource,
};
use state_support::testdata;

const CHAIN: &str = "gridlocal-1";
const LEASES: &str = "akash.market.v1beta5.Query/Leases";

async fn faulty(fault: StateFault) -> StateHandle {
    let options = StateOptions {
        faults: vec![fault],
        ..StateOptions::default()
    };
    serve_state(&testdata("akash-gridlocal-1"), options).await.unwrap()
}

fn quick(grpc: Option<String>, rest: Option<String>) -> QueryConfig {
    let mut config = QueryConfig::new(CHAIN, grpc, rest);
    config.page_limit = 50;
    config.limits.pace = Duration::ZERO;
    config.limits.first_wait = Duration::from_millis(5);
    config.limits.longest_wait = Duration::from_millis(50);
    config.limits.tries = 3;
    config.limits.parallel = 1;
    config
}

async fn ask(config: QueryConfig) -> Result<RawState, QueryError> {
    StateQuery::new(config)
        .unwrap()
        .state(StateHeight::Recent, &|_| {})
        .await
}

/// The errors over gRPC and over the gateway of a node whose leases have a fault.
async fn both(kind: StateFaultKind) -> [QueryError; 2] {
    let node = faulty(StateFault::of(kind, "Leases")).await;
    [
        ask(quick(Some(node.grpc_url()), None)).await.unwrap_err(),
        ask(quick(None, Some(node.rest_url()))).await.unwrap_err(),
    ]
}

/// Each error is this defect, on this page of the leases, and says who and what to do.
async fn refused(kind: StateFaultKind, on_page: u32, is: impl Fn(&QueryDefect) -> bool) {
    for error in both(kind).await {
        let text = error.to_string();
        let QueryError::Page {
            endpoint,
            method,
            page,
            defect,
            ..
        } = &error
        else {
            panic!("{text}");
        };
        assert!(is(defect), "{kind:?}: {text}");
        assert_eq!((method.as_str(), *page), (LEASES, on_page), "{kind:?}: {text}");
        assert!(
            endpoint.starts_with("http://127.0.0.1:") && text.starts_with(endpoint),
            "{text}"
        );
        assert!(text.contains("endpoint"), "no next step: {text}");
    }
}

#[tokio::test]
async fn a_page_that_repeats_a_key_for_ever() {
    refused(StateFaultKind::RepeatKey, 1, |d| *d == QueryDefect::RepeatedKey).await;
}

#[tokio::test]
async fn a_next_key_that_leads_back() {
    refused(StateFaultKind::CycleKey, 2, |d| {
        *d == QueryDefect::BackwardsKey { to: 1 }
    })
    .await;
}

#[tokio::test]
async fn an_object_that_comes_twice() {
    refused(StateFaultKind::RepeatedObject, 1, |d| {
        *d == QueryDefect::RepeatedObject { object: 0 }
    })
    .await;
}

#[tokio::test]
async fn an_empty_page_that_is_not_the_last() {
    refused(StateFaultKind::EmptyPage, 1, |d| *d == QueryDefect::EmptyPage).await;
}

#[tokio::test]
async fn a_total_that_is_not_the_number_of_objects() {
    let other = QueryDefect::Total { said: 7, got: 6 };
    refused(StateFaultKind::WrongTotal, 3, |d| *d == other).await;
}

#[tokio::test]
async fn garbage() {
    refused(StateFaultKind::Garbage, 0, |d| matches!(d, QueryDefect::Garbage { .. })).await;
}

#[tokio::test]
async fn a_page_that_ends_in_the_middle() {
    refused(StateFaultKind::Truncated, 0, |d| {
        matches!(d, QueryDefect::Truncated { .. })
    })
    .await;
}

#[tokio::test]
async fn pages_of_two_heights() {
    let other = QueryDefect::OtherHeight {
        expected: 860,
        got: 861,
    };
    refused(StateFaultKind::OtherHeight, 1, |d| *d == other).await;
}

#[tokio::test]
async fn a_page_of_no_height() {
    refused(StateFaultKind::NoHeight, 0, |d| *d == QueryDefect::NoHeight).await;
}

#[tokio::test]
async fn a_connection_that_ends_in_the_middle() {
    refused(StateFaultKind::Cut, 0, |d| {
        matches!(d, QueryDefect::Unreachable { .. } | QueryDefect::Truncated { .. })
    })
    .await;
}

#[tokio::test]
async fn a_method_that_every_version_has_and_this_node_has_not() {
    for error in both(StateFaultKind::Unimplemented).await {
        assert_eq!(error.defect(), Some(&QueryDefect::Unimplemented));
        assert!(error.to_string().contains(LEASES), "{error}");
    }
}

#[tokio::test]
async fn a_node_that_ignores_the_limit_is_taken_where_its_page_is_whole_and_bounded() {
    let node = faulty(StateFault::of(StateFaultKind::IgnoreLimit, "Leases")).await;
    let state = ask(quick(Some(node.grpc_url()), None)).await.unwrap();
    assert_eq!(state.pages(LEASES).count(), 1);
    for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
        let mut config = quick(grpc, rest);
        config.limits.page_bytes = 40_000;
        let error = ask(config).await.unwrap_err();
        assert_eq!(
            error.defect(),
            Some(&QueryDefect::PageTooLarge { limit: 40_000 }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn more_pages_or_bytes_than_are_allowed() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    let mut pages = quick(Some(node.grpc_url()), None);
    pages.limits.pages = 3;
    let error = ask(pages).await.unwrap_err();
    assert_eq!(error.defect(), Some(&QueryDefect::TooManyPages { limit: 3 }), "{error}");
    let mut bytes = quick(Some(node.grpc_url()), None);
    bytes.limits.total_bytes = 100_000;
    let error = ask(bytes).await.unwrap_err();
    assert_eq!(
        error.defect(),
        Some(&QueryDefect::TooLarge { limit: 100_000 }),
        "{error}"
    );
}

#[tokio::test]
async fn another_chain() {
    let node = faulty(StateFault::all(StateFaultKind::OtherChain)).await;
    for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
        let error = ask(quick(grpc, rest)).await.unwrap_err();
        assert!(
            matches!(error.defect(), Some(QueryDefect::WrongChain { .. })),
            "{error}"
        );
        assert!(error.to_string().contains("mend `chain_id`"), "{error}");
    }
}

#[tokio::test]
async fn heights_that_are_gone_or_not_yet_there() {
    let node = serve_state(&testdata("akash-gridlocal-1"), StateOptions::default())
        .await
        .unwrap();
    for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
        let query = StateQuery::new(quick(grpc, rest)).unwrap();
        let gone = query.state(StateHeight::At(300), &|_| {}).await.unwrap_err();
        assert!(
            matches!(gone.defect(), Some(QueryDefect::Pruned { height: 300, .. })),
            "{gone}"
        );
        assert_eq!(gone.class(), Class::Gone);
        let future = query.state(StateHeight::At(5_000), &|_| {}).await.unwrap_err();
        assert!(matches!(future.defect(), Some(QueryDefect::Future { .. })), "{future}");
        assert_eq!(future.class(), Class::Wait);
    }
}

#[tokio::test]
async fn what_passes_is_waited_for_and_what_does_not_is_told() {
    for (kind, few) in [
        (StateFaultKind::Unavailable(2), true),
        (StateFaultKind::RateLimited(2), true),
        (StateFaultKind::Unavailable(100), false),
        (StateFaultKind::RateLimited(100), false),
    ] {
        let node = faulty(StateFault::of(kind, "Leases")).await;
        for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
            let asked = ask(quick(grpc, rest)).await;
            assert_eq!(asked.is_ok(), few, "{kind:?}");
            if let Err(error) = asked {
                assert_eq!(error.class(), Class::Retry, "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_node_that_says_nothing_is_not_waited_for_long() {
    let node = faulty(StateFault::of(StateFaultKind::Silent, "Orders")).await;
    for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
        let mut config = quick(grpc, rest);
        config.limits.request = Duration::from_millis(300);
        config.limits.tries = 2;
        let started = std::time::Instant::now();
        let error = ask(config).await.unwrap_err();
        assert!(
            error.defect().unwrap() == &QueryDefect::TimedOut(Duration::from_millis(300)),
            "{error}"
        );
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn all_endpoints_are_heard_before_there_is_no_state() {
    let node = faulty(StateFault::of(StateFaultKind::Garbage, "Leases")).await;
    let error = ask(quick(Some(node.grpc_url()), Some(node.rest_url())))
        .await
        .unwrap_err();
    let QueryError::Exhausted { attempts } = &error else {
        panic!("{error}");
    };
    assert_eq!(attempts.len(), 2);
    assert!(error.to_string().contains(&node.grpc_url()) && error.to_string().contains(&node.rest_url()));
}

#[test]
fn without_an_endpoint_nothing_is_asked() {
    let error = StateQuery::new(quick(None, None)).err().unwrap();
    assert!(error.to_string().contains("`grpc` or `rest`"), "{error}");
}

/// A recording whose every answer has a few bytes changed, others with each seed.
struct Altered {
    book: StateRecording,
    seed: u64,
}

impl Altered {
    fn altered(&self, question: &Question<'_>, index: usize, body: &Bytes) -> Bytes {
        let salt = question
            .method
            .bytes()
            .fold(self.seed, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        let mut random = fastrand::Rng::with_seed(salt.wrapping_add(index as u64));
        let mut body = body.to_vec();
        // Most objects stay as they are, so that walks come far.
        if random.u8(..) < 2 || index == usize::MAX {
            for _ in 0..random.usize(0..3) {
                let at = random.usize(..body.len().max(1));
                body.get_mut(at).map(|byte| *byte = random.u8(..)).unwrap_or_default();
            }
            if random.bool() {
                body.truncate(random.usize(..=body.len()));
            }
        }
        body.into()
    }
}

impl StateBook for Altered {
    fn chain_id(&self) -> &str {
        self.book.chain_id()
    }
    fn heights(&self) -> RangeInclusive<u64> {
        self.book.heights()
    }
    fn block(&self, height: u64) -> Option<BookBlock> {
        self.book.block(height)
    }
    fn has(&self, height: u64, encoding: Encoding) -> bool {
        self.book.has(height, encoding)
    }
    fn pagination_field(&self, method: &str) -> Option<u32> {
        self.book.pagination_field(method)
    }
    fn find(&self, question: &Question<'_>) -> Option<Held> {
        Some(match self.book.find(question)? {
            Held::Whole(body) => Held::Whole(self.altered(question, usize::MAX, &body)),
            Held::List {
                objects,
                items,
                totals,
                unlimited,
            } => {
                let object = |index| self.altered(question, index, &objects.object(index));
                let objects: Vec<Bytes> = (0..objects.count()).map(object).collect();
                Held::List {
                    objects: Arc::new(objects),
                    items,
                    totals,
                    unlimited,
                }
            }
            refused => refused,
        })
    }
}

#[tokio::test]
async fn altered_answers_are_taken_or_refused_and_never_end_the_process() {
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..12 {
        let book = StateRecording::open(&testdata("akash-gridlocal-1")).unwrap();
        let node = serve_book(Arc::new(Altered { book, seed }), StateOptions::default())
            .await
            .unwrap();
        for (grpc, rest) in [(Some(node.grpc_url()), None), (None, Some(node.rest_url()))] {
            match ask(quick(grpc, rest)).await {
                Ok(_) => taken += 1,
                Err(QueryError::Page { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(refused > 0, "nothing was altered so that it shows: {taken} taken");
}
