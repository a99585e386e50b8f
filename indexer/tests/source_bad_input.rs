//! Bad input ends in a typed error that names endpoint, height and reason; never in a wrong block, never in a panic.
#![allow(clippy::unwrap_used)]

mod source_support;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gridproof_indexer::source::replay::Fault;
use gridproof_indexer::source::{Class, Defect, FetchError, Pool, Source};
use source_support::{BUSY, CHAIN, Hostile, answer, answer_head, config, faulty, get, ok, pool, recording};

/// The defect with which a range ends at a faulty endpoint, after checking that the error names it.
async fn defect_of(fault: Fault, from: u64, to: u64) -> (u64, Defect) {
    let endpoint = faulty([fault]).await;
    let error = pool([endpoint.url()]).fetch_range(from, to).await.unwrap_err();
    assert_eq!(error.class(), Class::Quarantine, "{error}");
    let FetchError::Malformed {
        endpoint: named,
        height,
        defect,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(named, endpoint.url());
    (height, defect)
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_never_used() {
    let endpoint = faulty([Fault::ChainId("akashnet-2".into())]).await;
    let pool = pool([endpoint.url()]);
    for error in [
        pool.fetch_range(1, 5).await.unwrap_err(),
        pool.head().await.unwrap_err(),
    ] {
        assert_eq!(error.class(), Class::Quarantine);
        let FetchError::WrongChain {
            endpoint: named,
            expected,
            got,
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(
            (named, expected.as_str(), got.as_str()),
            (endpoint.url(), CHAIN, "akashnet-2")
        );
    }
    assert_eq!(pool.status()[0].requests_total, 1, "only its status was asked");
}

#[tokio::test]
async fn headers_of_another_chain_are_refused_even_if_the_status_is_right() {
    let foreign = faulty([Fault::ChainId("akashnet-2".into())]).await;
    let (_, page) = get(&format!("{}/blockchain?minHeight=1&maxHeight=5", foreign.url())).await;
    let liar = Hostile::new(move |_| Some(ok(&page))).await;
    let error = pool([liar.url.clone()]).fetch_range(1, 5).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("akashnet-2") && text.contains(CHAIN) && text.contains(&liar.url),
        "{text}"
    );
}

#[tokio::test]
async fn truncated_json_is_told_from_other_bad_json() {
    let (height, defect) = defect_of(Fault::Truncated(BUSY), BUSY - 2, BUSY + 2).await;
    assert_eq!(height, BUSY);
    assert!(matches!(defect, Defect::Truncated { bytes } if bytes > 0), "{defect}");
}

#[tokio::test]
async fn missing_transaction_results_are_seen() {
    let (height, defect) = defect_of(Fault::MissingResults(BUSY), BUSY - 2, BUSY + 2).await;
    assert_eq!(height, BUSY);
    assert!(matches!(defect, Defect::Results { expected: 1.., got: 0 }), "{defect}");
}

#[tokio::test]
async fn duplicate_events_pass_through_as_served() {
    let endpoint = faulty([Fault::DuplicateEvents(BUSY)]).await;
    let (_, served) = get(&format!("{}/block_results?height={BUSY}", endpoint.url())).await;
    let blocks = pool([endpoint.url()]).fetch_range(BUSY, BUSY).await.unwrap();
    assert_eq!(blocks[0].results, served.as_bytes());
    let honest = faulty([]).await;
    let (_, once) = get(&format!("{}/block_results?height={BUSY}", honest.url())).await;
    let events = |body: &str| body.matches("\"type\":").count();
    assert!(events(&served) > events(&once));
}

#[tokio::test]
async fn a_pruned_height_names_the_lowest_that_is_kept() {
    let endpoint = faulty([Fault::Floor(100)]).await;
    let pool = pool([endpoint.url()]);
    for (from, to) in [(40, 45), (95, 105)] {
        let error = pool.fetch_range(from, to).await.unwrap_err();
        assert_eq!(error.class(), Class::Gone);
        let FetchError::Pruned {
            endpoint: named,
            height,
            lowest: 100,
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!((named, height), (endpoint.url(), from));
    }
    assert_eq!(pool.head().await.unwrap().floor, 100);
    assert_eq!(pool.fetch_range(100, 105).await.unwrap().len(), 6);
}

#[tokio::test]
async fn an_html_page_is_not_taken_for_data() {
    let (height, defect) = defect_of(Fault::Html(BUSY), BUSY, BUSY).await;
    assert_eq!((height, defect), (BUSY, Defect::Html { status: 200 }));
}

#[tokio::test]
async fn a_block_that_does_not_follow_the_one_before_is_refused() {
    // In the middle of a page, and as the first of a page.
    for odd in [BUSY, 101] {
        let (height, defect) = defect_of(Fault::ParentMismatch(odd), 81, 120).await;
        assert_eq!(height, odd);
        assert!(matches!(defect, Defect::Parent { .. }), "{defect}");
    }
}

#[tokio::test]
async fn a_range_must_follow_the_hash_that_the_caller_knows() {
    let endpoint = faulty([]).await;
    let pool = pool([endpoint.url()]);
    let before = pool.fetch_range(49, 49).await.unwrap();
    let meta: serde_json::Value = serde_json::from_slice(&before[0].meta).unwrap();
    let hash = meta["block_id"]["hash"].as_str().unwrap();
    assert_eq!(pool.fetch_range_after(50, 52, Some(hash)).await.unwrap().len(), 3);
    let error = pool
        .fetch_range_after(50, 52, Some(&"AB".repeat(32)))
        .await
        .unwrap_err();
    let FetchError::Malformed {
        height: 50,
        defect: Defect::Parent { got, .. },
        ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(got, hash);
}

#[tokio::test]
async fn two_endpoints_that_disagree_on_a_hash_are_a_finding() {
    let (good, fork) = (faulty([]).await, faulty([Fault::OtherHash(BUSY)]).await);
    let pool = pool([good.url(), fork.url()]);
    pool.head().await.unwrap();
    let error = pool.fetch_range(BUSY, BUSY).await.unwrap_err();
    assert_eq!(error.class(), Class::Quarantine);
    let FetchError::Disagreement {
        height,
        first,
        second,
        first_hash,
        second_hash,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(height, BUSY);
    assert_ne!(first, second);
    assert_ne!(first_hash, second_hash);
}

#[tokio::test]
async fn a_lying_tip_neither_moves_the_head_nor_stalls_it() {
    let endpoint = faulty([Fault::LyingTip(1_000_000)]).await;
    let pool = pool([endpoint.url()]);
    assert_eq!(pool.head().await.unwrap().height, 860);
    assert!(pool.status()[0].tip_distrusted);
    let error = pool.fetch_range(861, 900).await.unwrap_err();
    assert_eq!(error.class(), Class::Wait);
    assert!(
        matches!(
            error,
            FetchError::NotYet {
                height: 861..,
                tip: Some(860),
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(pool.fetch_range(850, 860).await.unwrap().len(), 11);
}

#[tokio::test]
async fn a_lying_tip_beside_honest_endpoints_is_not_followed() {
    let (liar, a, b) = (
        faulty([Fault::LyingTip(1_000_000)]).await,
        faulty([]).await,
        faulty([]).await,
    );
    let pool = pool([liar.url(), a.url(), b.url()]);
    assert_eq!(pool.head().await.unwrap().height, 860);
    let said = pool.status()[0].last_error.clone().unwrap();
    assert!(said.contains("beyond all others"), "{said}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_while_it_comes() {
    let huge = Hostile::new(|_| Some(ok(&format!("{{\"x\":\"{}\"}}", "y".repeat(300_000))))).await;
    let mut config = config([huge.url.clone()]);
    config.limits.body_bytes = 100_000;
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    let FetchError::Malformed { height: 5, defect, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(defect, Defect::TooLarge { limit: 100_000 });
}

#[tokio::test]
async fn a_body_without_an_announced_length_is_bounded_as_well() {
    let endless = Hostile::new(|_| {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"x\":\"".to_vec();
        bytes.resize(400_000, b'y');
        Some(bytes)
    })
    .await;
    let mut config = config([endless.url.clone()]);
    config.limits.body_bytes = 100_000;
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    assert!(error.to_string().contains("larger than 100000 bytes"), "{error}");
}

/// A JSON string of a million letters, compressed to a thousandth.
const BOMB: &str = "\
    H4sIAAAAAAACA+3BAQ0AMAgDMC+TgbITgvcLoe3kpdIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMBZ2Q+BgCqPSEIPAA==\
";

#[tokio::test]
async fn a_compressed_body_is_bounded_by_what_it_unpacks_to() {
    let packed = STANDARD.decode(BOMB).unwrap();
    assert!(packed.len() < 2_000);
    let bomb = Hostile::new(move |_| {
        let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
        let mut bytes = answer_head("200 OK", headers, packed.len());
        bytes.extend_from_slice(&packed);
        Some(bytes)
    })
    .await;
    let mut config = config([bomb.url.clone()]);
    config.limits.body_bytes = 100_000;
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    assert!(error.to_string().contains("larger than 100000 bytes"), "{error}");
}

#[tokio::test]
async fn a_server_that_drips_bytes_costs_a_time_out() {
    let drip = Hostile::dripping(Duration::from_millis(20)).await;
    let mut config = config([drip.url.clone()]);
    config.limits.request = Duration::from_millis(300);
    config.patience = Duration::from_secs(1);
    let start = Instant::now();
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(error.class(), Class::Retry);
    assert!(error.to_string().contains("timed out"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_costs_a_time_out() {
    let slow = Hostile::new(|_| None).await;
    let mut config = config([slow.url.clone()]);
    config.limits.request = Duration::from_millis(200);
    config.patience = Duration::from_secs(2);
    let start = Instant::now();
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(error.class(), Class::Retry);
    let text = error.to_string();
    assert!(text.contains("timed out") && text.contains(&slow.url), "{text}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Hostile::new(|_| Some(ok("{}"))).await;
    let target = format!("Location: {}/secret?token=1\r\n", elsewhere.url);
    let mover = Hostile::new(move |_| Some(answer("302 Found", &target, ""))).await;
    let error = pool([mover.url.clone()]).fetch_range(5, 5).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("not followed") && !text.contains("token"), "{text}");
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_not_taken_for_a_short_body() {
    let cut = Hostile::new(|_| {
        Some(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"jsonrpc\"".to_vec())
    })
    .await;
    let mut config = config([cut.url.clone()]);
    config.patience = Duration::from_secs(2);
    let error = Pool::new(config).unwrap().fetch_range(5, 5).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry, "{error}");
    assert!(error.to_string().contains("broke off"), "{error}");
}

#[tokio::test]
async fn bodies_that_are_json_but_not_the_answer_are_refused() {
    let (header, results) = (
        r#"{"jsonrpc":"2.0","id":-1,"result":{"last_height":"9","block_metas":[]}}"#,
        7,
    );
    for body in [
        "{}",
        "[1,2]",
        "null",
        "{\"result\":{}}",
        "{\"result\":{\"block_metas\":7}}",
        header,
    ] {
        let server = Hostile::new(move |_| Some(ok(body))).await;
        let error = pool([server.url.clone()])
            .fetch_range(results, results)
            .await
            .unwrap_err();
        assert!(
            matches!(error.class(), Class::Quarantine | Class::Wait),
            "{body}: {error}"
        );
        assert!(error.to_string().contains(&server.url), "{error}");
    }
}

#[tokio::test]
async fn results_of_another_height_are_refused() {
    let good = faulty([]).await;
    let (_, page) = get(&format!("{}/blockchain?minHeight=7&maxHeight=7", good.url())).await;
    let (_, other) = get(&format!("{}/block_results?height=8", good.url())).await;
    let swapped =
        Hostile::new(move |path| Some(ok(if path.starts_with("/blockchain") { &page } else { &other }))).await;
    let error = pool([swapped.url.clone()]).fetch_range(7, 7).await.unwrap_err();
    let FetchError::Malformed { height: 7, defect, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(defect, Defect::Height { got: 8 });
}

#[tokio::test]
async fn no_endpoint_at_all_says_which_were_tried_and_what_each_said() {
    // Two ports on which nobody listens.
    let closed = [closed_port().await, closed_port().await];
    let wrong = faulty([Fault::ChainId("other-1".into())]).await;
    let pool = pool([closed[0].clone(), closed[1].clone(), wrong.url()]);
    let FetchError::Exhausted { attempts, .. } = pool.head().await.unwrap_err() else {
        panic!()
    };
    assert_eq!(
        attempts.iter().map(|a| &a.endpoint).collect::<Vec<_>>(),
        [&closed[0], &closed[1], &wrong.url()]
    );
    assert!(attempts[0].to_string().contains("cannot be reached"), "{}", attempts[0]);
    assert!(
        attempts[2].to_string().contains("wrong chain: expected gridlocal-1"),
        "{}",
        attempts[2]
    );
}

async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_range_that_is_none_is_refused() {
    let endpoint = faulty([]).await;
    let pool = pool([endpoint.url()]);
    for (from, to) in [(0, 5), (6, 5)] {
        assert!(matches!(
            pool.fetch_range(from, to).await.unwrap_err(),
            FetchError::Permanent { .. }
        ));
    }
    assert_eq!(recording().len(), 860);
}

#[tokio::test]
async fn genesis_comes_in_chunks_or_whole_and_must_be_of_the_chain() {
    let chunk = |i: usize, text: &str| {
        let data = STANDARD.encode(text);
        ok(&format!(
            r#"{{"jsonrpc":"2.0","id":-1,"result":{{"chunk":"{i}","total":"2","data":"{data}"}}}}"#
        ))
    };
    let chunked = Hostile::new(move |path| match path {
        "/genesis_chunked?chunk=0" => Some(chunk(0, r#"{"chain_id":"grid"#)),
        "/genesis_chunked?chunk=1" => Some(chunk(1, r#"local-1"}"#)),
        other => panic!("{other} was asked"),
    })
    .await;
    assert_eq!(
        pool([chunked.url.clone()]).genesis().await.unwrap().unwrap(),
        r#"{"chain_id":"gridlocal-1"}"#
    );
    let whole = |document: &'static str| {
        Hostile::new(move |path| match path {
            "/genesis" => Some(ok(&format!(
                r#"{{"jsonrpc":"2.0","id":-1,"result":{{"genesis":{document}}}}}"#
            ))),
            _ => Some(answer(
                "404 Not Found",
                "Content-Type: text/plain\r\n",
                "404 page not found\n",
            )),
        })
    };
    let document = r#"{ "chain_id": "gridlocal-1", "x": 1 }"#;
    let server = whole(document).await;
    assert_eq!(pool([server.url.clone()]).genesis().await.unwrap().unwrap(), document);
    let server = whole(r#"{"chain_id":"akashnet-2"}"#).await;
    let error = pool([server.url.clone()]).genesis().await.unwrap_err();
    assert!(error.to_string().contains("akashnet-2"), "{error}");
}
