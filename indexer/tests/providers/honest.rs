//! Providers that do what they should.

use std::time::Duration;

use futures::StreamExt;
use gridproof_indexer::source::provider::{RefusalCode, StatusSource, Via};

use super::providers::{Behaviour, Provider};
use super::{asked, client, watched};

#[tokio::test]
async fn a_stream_gives_every_change_in_order() {
    let provider = Provider::start(Behaviour::Honest).await;
    let (given, _) = watched(&provider.uri(), 4).await;
    let reports: Vec<_> = given.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        reports.iter().map(|r| r.status.leases).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(
        reports
            .iter()
            .all(|r| r.via == Via::Stream && r.address == provider.address)
    );
    assert!(reports.iter().all(|r| r.version.as_deref() == Some("v0.14.0")));
    assert!(reports[0].latency.is_some() && reports[1].latency.is_none());
}

#[tokio::test]
async fn a_status_is_read_whole() {
    let provider = Provider::start(Behaviour::Honest).await;
    let (given, _) = watched(&provider.uri(), 1).await;
    let status = &given[0].as_ref().unwrap().status;
    let totals = status.totals();
    assert_eq!(
        (totals.cpu_milli.allocatable, totals.cpu_milli.available),
        (512_000, 239_000)
    );
    assert_eq!((totals.gpu.allocatable, totals.gpu.available), (16, 8));
    assert_eq!(
        (totals.persistent_bytes.allocatable, totals.persistent_bytes.available),
        (10 << 40, 9 << 40)
    );
    let cards = status.gpus.as_deref().unwrap();
    assert_eq!(
        (cards.len(), cards[0].cards, cards[0].kind.interface.as_str()),
        (1, 16, "sxm")
    );
}

#[tokio::test]
async fn a_quiet_provider_is_asked_on_the_same_connection() {
    let provider = Provider::start(Behaviour::Quiet).await;
    let (given, took) = watched(&provider.uri(), 3).await;
    let via: Vec<_> = given.iter().map(|item| item.as_ref().unwrap().via).collect();
    assert_eq!(via, [Via::Stream, Via::Grpc, Via::Grpc]);
    assert!(given[1].as_ref().unwrap().latency.is_some());
    assert!(took >= Duration::from_millis(800), "{took:?}");
    // One for the stream, one for the version.
    assert_eq!((provider.connections(), provider.calls()), (2, 3));
}

#[tokio::test]
async fn dropping_a_watch_closes_its_connection() {
    let provider = Provider::start(Behaviour::Honest).await;
    let mut watch = client().watch(&provider.uri());
    watch.next().await.unwrap().unwrap();
    assert_eq!(provider.open(), 1);
    drop(watch);
    for _ in 0..100 {
        if provider.open() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} connections are still open", provider.open());
}

#[tokio::test]
async fn where_grpc_is_missing_rest_answers_in_either_shape() {
    for (behaviour, version) in [(Behaviour::RestOnly, "v0.14.0"), (Behaviour::OldRest, "v0.4.6")] {
        let provider = Provider::start(behaviour).await;
        let (given, _) = watched(&provider.uri(), 2).await;
        assert_eq!(
            given[0].as_ref().unwrap_err().code,
            RefusalCode::Unimplemented,
            "{behaviour:?}"
        );
        let report = asked(&provider.uri()).await.0.unwrap();
        assert_eq!((report.via, report.status.leases), (Via::Rest, 7));
        assert_eq!(report.version.as_deref(), Some(version));
        assert_eq!(report.status.totals().cpu_milli.available, 119_500);
        assert_eq!(report.status.gpus, None);
    }
}

#[tokio::test]
async fn real_providers_serve_rest_on_8443_and_grpc_on_8444() {
    let provider = Provider::on_the_usual_ports(Behaviour::Honest).await;
    assert!(provider.uri().ends_with(":8443"));
    let (given, _) = watched(&provider.uri(), 1).await;
    assert_eq!(given[0].as_ref().unwrap().address.port(), 8444);
}

#[tokio::test]
async fn a_certificate_is_not_asked_who_signed_it_for_whom_or_until_when() {
    for behaviour in [Behaviour::Expired, Behaviour::OtherName] {
        let provider = Provider::start(behaviour).await;
        let (given, _) = watched(&provider.uri(), 1).await;
        assert!(given[0].is_ok(), "{behaviour:?}: {:?}", given[0]);
    }
}

#[tokio::test]
async fn the_mocks_tell_by_reflection_what_they_serve() {
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = super::providers::serve::router(Behaviour::Honest, Duration::from_secs(1), Default::default());
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        super::providers::serve::http(tcp, true, router).await;
    });
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut reflection = ServerReflectionClient::new(channel.connect().await.unwrap());
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection
        .server_reflection_info(futures::stream::iter([question]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else {
        panic!("{answer:?}");
    };
    assert!(
        list.service
            .iter()
            .any(|service| service.name == "akash.provider.v1.ProviderRPC")
    );
    serving.abort();
}
