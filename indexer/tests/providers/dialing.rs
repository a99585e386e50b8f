//! Addresses: what is looked up, what is dialed, what is refused before anything is.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use gridproof_indexer::source::provider::guard::{Policy, Resolve};
use gridproof_indexer::source::provider::{ProviderLimits, RefusalCode, StatusClient, StatusSource};

use super::providers::serve::trap;
use super::providers::{Behaviour, Provider};
use super::{LOCAL, limits};

/// A name server that answers the list in turn, the last one for ever, and counts.
#[derive(Clone)]
struct InTurn(Arc<(Vec<IpAddr>, AtomicUsize)>);

impl InTurn {
    fn new(answers: &[IpAddr]) -> Self {
        Self(Arc::new((answers.to_vec(), AtomicUsize::new(0))))
    }

    fn asked(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Resolve for InTurn {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.0.1.fetch_add(1, Ordering::SeqCst);
        let answers = &self.0.0;
        Ok(vec![answers[turn.min(answers.len() - 1)]])
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_range_is_refused_before_anything_is_dialed() {
    let (trap, seen, _task) = trap().await;
    let uri = format!("https://provider.example.test:{}", trap.port());
    for (ip, code) in [
        ("127.0.0.1", RefusalCode::AddressLoopback),
        ("10.0.0.1", RefusalCode::AddressPrivate),
        ("169.254.169.254", RefusalCode::AddressMetadata),
        ("::ffff:127.0.0.1", RefusalCode::AddressLoopback),
    ] {
        let resolver = InTurn::new(&[ip.parse().unwrap()]);
        let client = StatusClient::with_resolver(Policy::default(), limits(), resolver.clone()).unwrap();
        let watched = client.watch(&uri).collect::<Vec<_>>().await;
        assert_eq!(watched.len(), 1);
        assert_eq!(watched[0].as_ref().unwrap_err().code, code, "{ip}");
        assert_eq!(client.get(&uri).await.unwrap_err().code, code, "{ip}");
        assert_eq!(resolver.asked(), 2, "one look-up for each attempt, and no second way");
    }
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
}

/// The name server says 127.0.0.2 once and 127.0.0.1 from then on. Both are loopback, for nothing else can be reached here;
/// what counts is that the second answer is never asked for, by no part of an attempt.
#[tokio::test]
async fn a_name_that_changes_between_look_up_and_connect_leads_where_it_was_checked() {
    let elsewhere = Provider::start(Behaviour::Honest).await;
    let checked = Ipv4Addr::new(127, 0, 0, 2);
    let resolver = InTurn::new(&[checked.into(), Ipv4Addr::LOCALHOST.into()]);
    let client = StatusClient::with_resolver(LOCAL, limits(), resolver.clone()).unwrap();
    let uri = format!("https://rebinding.example.test:{}", elsewhere.address.port());
    // gRPC, REST and the version are all tried.
    let refusal = client.get(&uri).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::ConnectRefused);
    assert!(refusal.reason.contains("127.0.0.2"), "{refusal}");
    assert_eq!((resolver.asked(), elsewhere.connections()), (1, 0));
    // The next attempt is a new one: it looks up again, and what it then finds is checked again.
    client.get(&uri).await.unwrap();
    assert_eq!(resolver.asked(), 2);
}

#[tokio::test]
async fn rebinding_from_a_public_to_a_private_address_reaches_nothing_private() {
    let (trap, seen, _task) = trap().await;
    let public = IpAddr::from([198, 51, 100, 1]);
    let resolver = InTurn::new(&[public, Ipv4Addr::LOCALHOST.into()]);
    // The first answer is of the range for documentation: nobody is there, and no packet of a test leaves for a stranger.
    let quick = ProviderLimits {
        step: Duration::from_millis(300),
        ..limits()
    };
    let client = StatusClient::with_resolver(LOCAL, quick, resolver.clone()).unwrap();
    let uri = format!("https://rebinding.example.test:{}", trap.port());
    let refusal = client.get(&uri).await.unwrap_err();
    let unreachable = [
        RefusalCode::ConnectTimeout,
        RefusalCode::ConnectFailed,
        RefusalCode::ConnectRefused,
    ];
    assert!(unreachable.contains(&refusal.code), "{refusal:?}");
    assert_eq!((resolver.asked(), seen.connections.load(Ordering::SeqCst)), (1, 0));
    // As on the public network: the second answer is refused, not dialed.
    let strict = StatusClient::with_resolver(Policy::default(), limits(), resolver.clone()).unwrap();
    assert_eq!(strict.get(&uri).await.unwrap_err().code, RefusalCode::AddressLoopback);
    assert_eq!((resolver.asked(), seen.connections.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn the_name_is_what_the_server_is_told() {
    let provider = Provider::start(Behaviour::Honest).await;
    let resolver = InTurn::new(&[Ipv4Addr::LOCALHOST.into()]);
    let client = StatusClient::with_resolver(LOCAL, limits(), resolver).unwrap();
    let uri = format!("https://provider.example.test:{}", provider.address.port());
    let report = client.get(&uri).await.unwrap();
    assert_eq!(report.address, provider.address);
    assert_eq!(
        provider.names(),
        ["http provider.example.test", "tls provider.example.test"]
    );
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let client = StatusClient::new(LOCAL, limits()).unwrap();
    let refusal = client.get(&format!("https://{free}")).await.unwrap_err();
    assert_eq!(refusal.code, RefusalCode::ConnectRefused);
    assert!(
        refusal.reason.contains("gRPC:") && refusal.reason.contains("REST:"),
        "{refusal}"
    );
}
