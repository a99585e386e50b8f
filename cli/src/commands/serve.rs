//! `gridproof serve`: the API and page over rows that another process writes.

use crate::board::Board;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::house::House;
use crate::{api, ops, output, session, shutdown};
use gridproof_indexer::pipeline::{NetworkStatus, from_store};
use gridproof_store::state_db::StateDb;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two looks at the state database.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Serves until stopped.
pub(crate) async fn run(config: &Config, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let listener = ops::bind(config.listen, "--listen").await.map_err(Failure::Usage)?;
    let house = House::open_for_reading(config).await?;
    house.migrate().await?;
    let state_db = StateDb::open_file(&house.data.state_db())
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let networks = state_db
        .networks()
        .await
        .map_err(|error| Failure::Internal(error.into()))?;
    let watching = tokio::spawn(watch_database(state_db, house.board.clone(), stop.clone()));
    let address = listener.local_addr().map_err(|error| Failure::Internal(error.into()))?;
    let router = api::router(
        &house,
        &session::operations(&house),
        networks.iter().map(api::stored).collect(),
    );
    let page = format!("http://{address}/");
    match json {
        true => output::json(&serde_json::json!({ "page": page, "clickhouse": house.clickhouse.config().url }))?,
        false => output::text_line(&format!("page  {page}"))?,
    }
    let served = ops::serve(listener, router, stop).await;
    watching.abort();
    house.close().await;
    served.map_err(Failure::Internal)
}

/// Shows on the board what the indexing process commits.
async fn watch_database(state_db: StateDb, board: Board, stop: CancellationToken) {
    let mut shown: BTreeMap<String, watch::Sender<NetworkStatus>> = BTreeMap::new();
    while !stop.is_cancelled() {
        match state_db.status().await {
            Ok(status) => {
                for stored in &status.networks {
                    let fresh = from_store(stored);
                    let sender = shown.entry(fresh.network.clone()).or_insert_with(|| {
                        let (sender, receiver) = watch::channel(fresh.clone());
                        board.add_network(receiver);
                        sender
                    });
                    sender.send_replace(fresh);
                }
            }
            Err(error) => tracing::warn!(%error, "the state database could not be read"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
    }
}
