//! Providers that do what they should not: each ends alone, within its time, with its own code.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use gridproof_indexer::source::provider::{RefusalCode, StatusSource};

use super::providers::serve::trap;
use super::providers::{Behaviour, Provider};
use super::{asked, client, watched};

/// The steps of an attempt: connecting and answering, once for gRPC and once for REST, with room for a busy machine.
const BOUND: Duration = Duration::from_secs(9);

/// What a stream ends with, and what a single question then gives.
async fn codes(behaviour: Behaviour) -> (RefusalCode, Result<(), RefusalCode>) {
    let provider = Provider::start(behaviour).await;
    let (given, took) = watched(&provider.uri(), 1_000).await;
    assert!(took < BOUND, "{behaviour:?}: the stream took {took:?}");
    let (last, before) = given.split_last().unwrap();
    assert!(
        before.iter().all(Result::is_ok),
        "{behaviour:?}: nothing follows a refusal"
    );
    let streamed = last.as_ref().unwrap_err();
    let (answer, took) = asked(&provider.uri()).await;
    assert!(took < BOUND, "{behaviour:?}: the question took {took:?}");
    for refusal in [Some(streamed), answer.as_ref().err()].into_iter().flatten() {
        assert!(refusal.reason.chars().count() <= 300 && !refusal.reason.chars().any(char::is_control));
    }
    (streamed.code, answer.map(|_| ()).map_err(|refusal| refusal.code))
}

#[tokio::test]
async fn garbage_is_malformed() {
    let both = (RefusalCode::Malformed, Err(RefusalCode::Malformed));
    assert_eq!(codes(Behaviour::Garbage).await, both);
}

#[tokio::test]
async fn ten_megabytes_are_too_large_announced_or_not() {
    let both = (RefusalCode::TooLarge, Err(RefusalCode::TooLarge));
    assert_eq!(codes(Behaviour::Huge).await, both);
    assert_eq!(codes(Behaviour::HugeChunked).await, both);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    assert_eq!(
        codes(Behaviour::Silence).await,
        (RefusalCode::Timeout, Err(RefusalCode::Timeout))
    );
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_told_from_one_that_is_quiet() {
    assert_eq!(
        codes(Behaviour::FallsSilent).await,
        (RefusalCode::Silent, Err(RefusalCode::Timeout))
    );
}

#[tokio::test]
async fn a_stream_that_repeats_itself_is_left() {
    let provider = Provider::start(Behaviour::Repeats).await;
    let (given, _) = watched(&provider.uri(), 1_000).await;
    // The same with another time is the same: it is given once.
    let (last, before) = given.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().code, RefusalCode::Repeats);
    assert!(before.len() <= 2 && before.iter().all(|item| item.as_ref().unwrap().status.leases == 1));
}

#[tokio::test]
async fn a_stream_that_floods_is_left() {
    assert_eq!(codes(Behaviour::Floods).await, (RefusalCode::Flood, Ok(())));
}

#[tokio::test]
async fn a_stream_that_ends_says_so_after_its_status() {
    let provider = Provider::start(Behaviour::Ends).await;
    let (given, _) = watched(&provider.uri(), 10).await;
    assert_eq!(given.len(), 2);
    assert_eq!(given[0].as_ref().unwrap().status.leases, 1);
    assert_eq!(given[1].as_ref().unwrap_err().code, RefusalCode::Ended);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_broken() {
    assert_eq!(codes(Behaviour::Cut).await, (RefusalCode::Broken, Ok(())));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (address, seen, _trap) = trap().await;
    let both = (RefusalCode::Redirect, Err(RefusalCode::Redirect));
    assert_eq!(codes(Behaviour::Redirect(address)).await, both);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn huge_headers_are_not_read() {
    let both = (RefusalCode::HeadersTooLarge, Err(RefusalCode::HeadersTooLarge));
    assert_eq!(codes(Behaviour::HugeHeaders).await, both);
}

#[tokio::test]
async fn half_an_answer_byte_by_byte_is_a_timeout() {
    assert_eq!(
        codes(Behaviour::SlowLoris).await,
        (RefusalCode::Timeout, Err(RefusalCode::Timeout))
    );
}

#[tokio::test]
async fn a_message_that_stalls_before_its_last_byte_is_a_timeout() {
    assert_eq!(codes(Behaviour::Stalls).await, (RefusalCode::Timeout, Ok(())));
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_left() {
    assert_eq!(
        codes(Behaviour::NoHandshake).await,
        (RefusalCode::TlsTimeout, Err(RefusalCode::TlsTimeout))
    );
}

#[tokio::test]
async fn plain_http_is_not_tls() {
    assert_eq!(
        codes(Behaviour::PlainHttp).await,
        (RefusalCode::NotTls, Err(RefusalCode::NotTls))
    );
}

#[tokio::test]
async fn nothing_is_unpacked() {
    assert_eq!(
        codes(Behaviour::Bomb).await,
        (RefusalCode::Compressed, Err(RefusalCode::Compressed))
    );
}

#[tokio::test]
async fn errors_of_the_provider_are_told_apart() {
    assert_eq!(
        codes(Behaviour::Errors).await,
        (RefusalCode::GrpcStatus, Err(RefusalCode::HttpStatus))
    );
}

#[tokio::test]
async fn a_status_that_says_too_much_or_nonsense_is_refused_with_what_is_wrong() {
    assert_eq!(
        codes(Behaviour::ManyNodes).await,
        (RefusalCode::TooMany, Err(RefusalCode::TooMany))
    );
    let (streamed, answer) = codes(Behaviour::BadQuantity).await;
    assert_eq!(
        (streamed, answer),
        (RefusalCode::BadQuantity, Err(RefusalCode::BadQuantity))
    );
}

#[tokio::test]
async fn a_hostile_provider_is_alone_with_its_fate() {
    let honest = Provider::start(Behaviour::Honest).await;
    let hostile = [
        Behaviour::Silence,
        Behaviour::Huge,
        Behaviour::Floods,
        Behaviour::SlowLoris,
        Behaviour::NoHandshake,
    ];
    let mut others = Vec::new();
    for behaviour in hostile {
        others.push(Provider::start(behaviour).await);
    }
    let client = client();
    let watching = others
        .iter()
        .map(|provider| client.watch(&provider.uri()).collect::<Vec<_>>());
    let watching = futures::future::join_all(watching);
    let given = client.watch(&honest.uri()).take(10).collect::<Vec<_>>();
    let (refused, given) = tokio::time::timeout(BOUND, async { tokio::join!(watching, given) })
        .await
        .unwrap();
    assert!(given.iter().all(Result::is_ok), "{given:?}");
    assert!(refused.iter().all(|items| items.last().unwrap().is_err()));
}
