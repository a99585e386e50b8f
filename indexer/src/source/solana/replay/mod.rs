//! A recording of Render, served as a Solana JSON-RPC endpoint on loopback.
//!
//! A request that was recorded gets the recorded bytes. Every other one is answered from all recorded answers together,
//! as the node would have: any page of any address, any transaction, balances and supply at any slot. Errors are worded
//! as a real node words them. Slots of which nothing was recorded are not known to it: it answers -32009, which says
//! "skipped, or missing in long-term storage". [`ReplayOptions`] make the endpoint slow, limited or wrong.

mod account;
mod account_methods;
mod block;
mod build;
mod error;
mod faults;
mod http;
mod ledger;
mod listing;
mod node;
mod params;
mod read;
mod recording;
mod slot_methods;
mod spoil;
#[cfg(test)]
mod tests;
mod transaction;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use faults::{CallFault, SOLANA_FAULTS, SolanaFault, When};
pub use read::SolanaRecordingInfo;
pub use recording::SolanaRecording;

use crate::source::replay::gate::Gate;
use crate::source::replay::{ReplayHandle, ReplayOptions, TipPolicy, bind};
use faults::Faults;
use http::Endpoint;
use node::Node;

/// Serves a recording as a Solana JSON-RPC endpoint. The tip is the newest finalized slot; where it grows, it moves
/// from one slot with a recorded transaction to the next.
///
/// Port 0 takes a free one; [`ReplayHandle::address`] tells which.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    recording: Arc<SolanaRecording>,
    listen: SocketAddr,
    options: ReplayOptions<SolanaFault>,
) -> io::Result<ReplayHandle> {
    let listener = bind(listen).await?;
    let last = *recording.slots().end();
    let (tip, tips) = watch::channel((options.tip.start(last), Instant::now()));
    let stop = CancellationToken::new();
    let faults = Faults::new(options.faults.clone(), options.seed);
    if let TipPolicy::Growing { every, .. } = options.tip {
        let mut stops = recording.transaction_slots();
        stops.push(last);
        tokio::spawn(grow(tip.clone(), stops, every, stop.clone()));
    }
    let node = Node::new(recording, faults, tips);
    let gate = Gate::new(&options);
    let router = http::router(Arc::new(Endpoint { node, gate }));
    ReplayHandle::start(listener, router, tip, last, stop)
}

/// Moves the tip to the next of `stops` in each interval.
async fn grow(tip: watch::Sender<(u64, Instant)>, stops: Vec<u64>, every: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(every.max(Duration::from_millis(1)));
    ticks.tick().await;
    for next in stops {
        if next <= tip.borrow().0 {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => { tip.send_replace((next, Instant::now())); }
        }
    }
}
