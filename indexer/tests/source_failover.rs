//! Several endpoints behave as one: what one cannot serve another does, without a gap and without a wrong byte.
#![allow(clippy::unwrap_used)]

mod source_support;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gridproof_indexer::source::replay::{Fault, ReplayOptions, TipPolicy};
use gridproof_indexer::source::{EndpointState, FetchError, RawBlock, Source};
use source_support::{BUSY, Hostile, answer, config, faulty, pool, replay};

async fn truth(from: u64, to: u64) -> Vec<RawBlock> {
    let good = faulty([]).await;
    pool([good.url()]).fetch_range(from, to).await.unwrap()
}

/// A bad endpoint beside a good one yields what the good one alone yields.
async fn mended_by_another(fault: Fault) {
    let (bad, good) = (faulty([fault.clone()]).await, faulty([]).await);
    let mut config = config([bad.url(), good.url()]);
    config.cross_check = 0.0;
    let pool = gridproof_indexer::source::Pool::new(config).unwrap();
    assert_eq!(
        pool.fetch_range(81, 120).await.unwrap(),
        truth(81, 120).await,
        "{fault:?}"
    );
}

#[tokio::test]
async fn what_one_endpoint_serves_badly_another_serves_well() {
    for fault in [
        Fault::Truncated(BUSY),
        Fault::Html(BUSY),
        Fault::MissingResults(BUSY),
        Fault::ParentMismatch(BUSY),
        Fault::ParentMismatch(101),
        Fault::ChainId("akashnet-2".into()),
        Fault::Floor(110),
        Fault::LyingTip(1_000_000),
    ] {
        mended_by_another(fault).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_dies_in_the_middle_leaves_no_gap() {
    let options = ReplayOptions {
        latency: Duration::from_millis(5),
        ..ReplayOptions::default()
    };
    let (dying, good) = (replay(options).await, faulty([]).await);
    let pool = Arc::new(pool([dying.url(), good.url()]));
    let fetch = tokio::spawn({
        let pool = pool.clone();
        async move { pool.fetch_range(1, 400).await }
    });
    while pool.status()[0].requests_total < 20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(dying);
    assert_eq!(fetch.await.unwrap().unwrap(), truth(1, 400).await);
    assert!(pool.status()[0].errors_total > 0);
}

#[tokio::test]
async fn an_endpoint_that_comes_back_is_used_again() {
    let first = faulty([]).await;
    let (address, url) = (first.address(), first.url());
    let pool = pool([url]);
    pool.fetch_range(1, 3).await.unwrap();
    first.shutdown().await;
    let back = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        gridproof_indexer::source::replay::serve(source_support::recording(), address, ReplayOptions::default()).await
    });
    assert_eq!(pool.fetch_range(4, 30).await.unwrap(), truth(4, 30).await);
    drop(back.await.unwrap());
    assert_eq!(pool.status()[0].state, EndpointState::Ready);
}

#[tokio::test]
async fn a_few_errors_and_refusals_do_not_stop_a_range() {
    let options = ReplayOptions {
        errors: 0.01,
        refusals: 0.02,
        seed: 7,
        ..ReplayOptions::default()
    };
    let endpoint = replay(options).await;
    let pool = pool([endpoint.url()]);
    assert_eq!(pool.fetch_range(1, 860).await.unwrap(), truth(1, 860).await);
    let status = &pool.status()[0];
    assert!(status.errors_total > 10 && status.rate_limited_total > 5, "{status:?}");
}

#[tokio::test]
async fn retry_after_is_obeyed_to_the_second() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let times = asked.clone();
    let strict = Hostile::new(move |_| {
        times.lock().unwrap().push(Instant::now());
        Some(answer("429 Too Many Requests", "Retry-After: 1\r\n", "slow down\n"))
    })
    .await;
    let mut config = config([strict.url.clone()]);
    config.patience = Duration::from_millis(3500);
    let error = gridproof_indexer::source::Pool::new(config)
        .unwrap()
        .fetch_range(5, 5)
        .await
        .unwrap_err();
    assert!(
        matches!(error, FetchError::RateLimited { retry_after: Some(d), .. } if d.as_secs() == 1),
        "{error}"
    );
    let asked = asked.lock().unwrap();
    assert!((3..=4).contains(&asked.len()), "{} requests in 3.5 s", asked.len());
    for pair in asked.windows(2) {
        assert!(
            pair[1] - pair[0] >= Duration::from_secs(1),
            "asked again after {:?}",
            pair[1] - pair[0]
        );
    }
}

#[tokio::test]
async fn a_limited_endpoint_is_used_within_its_limit() {
    let options = ReplayOptions {
        rate: NonZeroU32::new(20),
        ..ReplayOptions::default()
    };
    let endpoint = replay(options).await;
    let pool = pool([endpoint.url()]);
    let start = Instant::now();
    assert_eq!(pool.fetch_range(1, 30).await.unwrap(), truth(1, 30).await);
    // More than 40 requests at 20 a second, the first 20 at once.
    assert!(start.elapsed() >= Duration::from_secs(1));
    let status = &pool.status()[0];
    assert!(
        status.rate_limited_total > 0 && status.requests_total < 400,
        "{status:?}"
    );
}

#[tokio::test]
async fn a_pool_that_is_slow_but_answers_is_waited_for() {
    let options = ReplayOptions {
        rate: NonZeroU32::new(10),
        ..ReplayOptions::default()
    };
    let endpoint = replay(options).await;
    let mut config = config([endpoint.url()]);
    config.patience = Duration::from_millis(1500);
    let start = Instant::now();
    let blocks = gridproof_indexer::source::Pool::new(config)
        .unwrap()
        .fetch_range(1, 40)
        .await
        .unwrap();
    assert_eq!(blocks, truth(1, 40).await);
    assert!(
        start.elapsed() > Duration::from_millis(1500),
        "the limit held for longer than the patience"
    );
}

#[tokio::test]
async fn results_that_come_late_are_waited_for() {
    let options = ReplayOptions {
        tip: TipPolicy::At(200),
        faults: vec![Fault::LateResults(Duration::from_millis(700))],
        ..ReplayOptions::default()
    };
    let endpoint = replay(options).await;
    let blocks = pool([endpoint.url()]).fetch_range(195, 200).await.unwrap();
    assert_eq!(blocks, truth(195, 200).await);
}

#[tokio::test]
async fn a_height_that_is_not_there_yet_is_told_at_once() {
    let options = ReplayOptions {
        tip: TipPolicy::At(200),
        ..ReplayOptions::default()
    };
    let (a, b) = (replay(options.clone()).await, replay(options).await);
    let start = Instant::now();
    let error = pool([a.url(), b.url()]).fetch_range(199, 205).await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::NotYet {
                height: 205,
                tip: Some(200),
                ..
            }
        ),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_slow_endpoint_gets_fewer_requests_than_a_fast_one() {
    let slow = replay(ReplayOptions {
        latency: Duration::from_millis(60),
        ..ReplayOptions::default()
    })
    .await;
    let fast = replay(ReplayOptions {
        latency: Duration::from_millis(2),
        ..ReplayOptions::default()
    })
    .await;
    let pool = pool([slow.url(), fast.url()]);
    pool.fetch_range(1, 200).await.unwrap();
    let status = pool.status();
    assert!(status[1].requests_total > 2 * status[0].requests_total, "{status:?}");
}

#[tokio::test]
async fn a_fetch_that_is_dropped_gives_its_places_back() {
    let slow = replay(ReplayOptions {
        latency: Duration::from_millis(500),
        ..ReplayOptions::default()
    })
    .await;
    let pool = pool([slow.url()]);
    let dropped = tokio::time::timeout(Duration::from_millis(900), pool.fetch_range(1, 100)).await;
    assert!(dropped.is_err());
    assert_eq!(pool.status()[0].in_flight, 0);
    assert_eq!(pool.fetch_range(1, 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_state_of_the_endpoints_is_shown_without_secrets() {
    let good = faulty([]).await;
    let secret = good.url().replace("http://", "http://me:hunter2@") + "/?key=topsecret";
    let pool = pool([secret]);
    pool.fetch_range(1, 3).await.unwrap();
    let json = serde_json::to_value(pool.status()).unwrap();
    assert_eq!(
        (json[0]["state"].as_str(), json[0]["url"].as_str()),
        (Some("ready"), Some(good.url().as_str()))
    );
    assert!(!json.to_string().contains("hunter2") && !json.to_string().contains("topsecret"));
    assert_eq!(json[0]["tip"], 860);
    assert!(json[0]["latency_ms"].as_f64().unwrap() > 0.0);
}
