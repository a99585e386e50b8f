//! A Yellowstone server on loopback that does as its script says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use futures::{Stream, StreamExt};
use tokio::sync::{mpsc, watch};
use tonic::{Request, Response, Status, Streaming};
use yellowstone_grpc_proto::geyser::geyser_server::{Geyser, GeyserServer};
use yellowstone_grpc_proto::geyser::*;

type Updates<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a subscription gets.
#[derive(Clone)]
pub(crate) enum Step {
    Send(Box<SubscribeUpdate>),
    Fail(Status),
    /// Nothing more, but the stream stays open.
    Hang,
    /// Pings, and nothing else.
    PingForEver,
    /// Waits until a ping was answered.
    WaitForPong,
}

/// Steps of one subscription. Where they end, the stream ends.
pub(crate) type Script = Vec<Step>;

pub(crate) fn send(updates: impl IntoIterator<Item = SubscribeUpdate>) -> Script {
    updates.into_iter().map(|u| Step::Send(Box::new(u))).collect()
}

/// What the server saw, in order; shared with the mock of the RPC.
pub(crate) type Journal = Arc<Mutex<Vec<String>>>;

pub(crate) struct State {
    scripts: Mutex<VecDeque<Script>>,
    /// What a subscription gets for which there is no script.
    fallback: Mutex<Script>,
    pub(crate) requests: Mutex<Vec<SubscribeRequest>>,
    pub(crate) journal: Journal,
    pub(crate) token: Option<String>,
    /// `None`: the method is not there.
    pub(crate) replay: Mutex<Option<SubscribeReplayInfoResponse>>,
    pub(crate) version: String,
    pub(crate) sent: watch::Sender<u64>,
    pub(crate) pongs: watch::Sender<u64>,
    pub(crate) subscriptions: watch::Sender<u64>,
}

/// A running server; it ends when this is dropped.
pub(crate) struct Mock {
    pub(crate) state: Arc<State>,
    pub(crate) url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Mock {
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        Self::start_with(scripts, None, "14.0.1").await
    }

    pub(crate) async fn start_with(scripts: Vec<Script>, token: Option<&str>, proto: &str) -> Self {
        let state = Arc::new(State {
            scripts: Mutex::new(scripts.into()),
            fallback: Mutex::new(vec![Step::Hang]),
            requests: Mutex::default(),
            journal: Journal::default(),
            token: token.map(str::to_owned),
            replay: Mutex::new(None),
            version: format!(r#"{{"version":{{"package":"mock","proto":"{proto}"}}}}"#),
            sent: watch::Sender::new(0),
            pongs: watch::Sender::new(0),
            subscriptions: watch::Sender::new(0),
        });
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = futures::stream::unfold(listener, |listener| async move {
            let connection = listener.accept().await.map(|(stream, _)| stream);
            Some((connection, listener))
        });
        let service = GeyserServer::new(Service(state.clone()));
        let server = tokio::spawn(async move {
            let running = tonic::transport::Server::builder().add_service(service);
            running.serve_with_incoming(connections).await.expect("served");
        });
        Self { state, url, server }
    }

    /// The script of every further subscription.
    pub(crate) fn always(&self, script: Script) {
        *self.state.fallback.lock().expect("fallback") = script;
    }

    pub(crate) fn asked_from(&self) -> Vec<Option<u64>> {
        self.state
            .requests
            .lock()
            .expect("requests")
            .iter()
            .map(|r| r.from_slot)
            .collect()
    }
}

struct Service(Arc<State>);

impl Service {
    fn check<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let got = request.metadata().get("x-token").and_then(|t| t.to_str().ok());
        match &self.0.token {
            Some(token) if got != Some(token) => Err(Status::unauthenticated("wrong x-token")),
            _ => Ok(()),
        }
    }
}

async fn play(state: Arc<State>, script: Script, updates: mpsc::Sender<Result<SubscribeUpdate, Status>>) {
    for step in script {
        match step {
            Step::Send(update) => {
                if updates.send(Ok(*update)).await.is_err() {
                    return;
                }
                state.sent.send_modify(|n| *n += 1);
            }
            Step::Fail(status) => {
                let _ = updates.send(Err(status)).await;
                return;
            }
            Step::Hang => updates.closed().await,
            Step::PingForEver => loop {
                if updates.send(Ok(super::world::ping())).await.is_err() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            },
            Step::WaitForPong => {
                state.pongs.subscribe().wait_for(|n| *n > 0).await.expect("a pong");
            }
        }
    }
}

fn missing<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not here"))
}

#[tonic::async_trait]
impl Geyser for Service {
    type SubscribeStream = Updates<SubscribeUpdate>;
    type SubscribeDeshredStream = Updates<SubscribeUpdateDeshred>;
    type SubscribeGossipStream = Updates<SubscribeUpdateGossip>;

    async fn subscribe(
        &self,
        request: Request<Streaming<SubscribeRequest>>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.check(&request)?;
        let mut requests = request.into_inner();
        let first = requests
            .message()
            .await?
            .ok_or_else(|| Status::invalid_argument("no request"))?;
        let state = self.0.clone();
        state.journal.lock().expect("journal").push("subscribe".to_owned());
        state.requests.lock().expect("requests").push(first);
        state.subscriptions.send_modify(|n| *n += 1);
        let script = state.scripts.lock().expect("scripts").pop_front();
        let script = script.unwrap_or_else(|| state.fallback.lock().expect("fallback").clone());
        let pongs = state.clone();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if request.ping.is_some() {
                    pongs.pongs.send_modify(|n| *n += 1);
                }
            }
        });
        let (updates, stream) = mpsc::channel(1);
        tokio::spawn(play(state, script, updates));
        let stream = futures::stream::unfold(stream, |mut stream| async { stream.recv().await.map(|u| (u, stream)) });
        Ok(Response::new(stream.boxed()))
    }

    async fn subscribe_replay_info(
        &self,
        request: Request<SubscribeReplayInfoRequest>,
    ) -> Result<Response<SubscribeReplayInfoResponse>, Status> {
        self.check(&request)?;
        match *self.0.replay.lock().expect("replay") {
            Some(info) => Ok(Response::new(info)),
            None => missing(),
        }
    }

    async fn get_version(&self, request: Request<GetVersionRequest>) -> Result<Response<GetVersionResponse>, Status> {
        self.check(&request)?;
        Ok(Response::new(GetVersionResponse {
            version: self.0.version.clone(),
        }))
    }

    async fn subscribe_deshred(
        &self,
        _: Request<Streaming<SubscribeDeshredRequest>>,
    ) -> Result<Response<Self::SubscribeDeshredStream>, Status> {
        missing()
    }

    async fn subscribe_gossip(
        &self,
        _: Request<SubscribeGossipRequest>,
    ) -> Result<Response<Self::SubscribeGossipStream>, Status> {
        missing()
    }

    async fn ping(&self, _: Request<PingRequest>) -> Result<Response<PongResponse>, Status> {
        missing()
    }

    async fn get_latest_blockhash(
        &self,
        _: Request<GetLatestBlockhashRequest>,
    ) -> Result<Response<GetLatestBlockhashResponse>, Status> {
        missing()
    }

    async fn get_block_height(
        &self,
        _: Request<GetBlockHeightRequest>,
    ) -> Result<Response<GetBlockHeightResponse>, Status> {
        missing()
    }

    async fn get_slot(&self, _: Request<GetSlotRequest>) -> Result<Response<GetSlotResponse>, Status> {
        missing()
    }

    async fn is_blockhash_valid(
        &self,
        _: Request<IsBlockhashValidRequest>,
    ) -> Result<Response<IsBlockhashValidResponse>, Status> {
        missing()
    }
}
