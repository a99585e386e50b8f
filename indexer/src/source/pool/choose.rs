//! Which endpoint takes a request: the better of two drawn at random among those that can serve the height.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::client::Client;
use super::endpoint::{Endpoint, Permit};

/// What the pool does for a request.
pub(super) enum Choice<C: Client> {
    /// Send it.
    Take(Permit<C>),
    /// Wait for a free place, a probe, or this moment.
    Wait(Option<Instant>),
    /// Every endpoint has been ruled out for this request.
    Nobody,
}

/// Chooses an endpoint for `height` (0: any), leaving out those in `excluded`.
///
/// Two random draws spread the load and still avoid the slow; taking the best of all would send every request of a
/// burst to the same endpoint.
pub(super) fn choose<C: Client>(
    endpoints: &[Arc<Endpoint<C>>],
    height: u64,
    excluded: &BTreeSet<usize>,
    now: Instant,
) -> Choice<C> {
    let usable = |e: &&Arc<Endpoint<C>>| !excluded.contains(&e.index) && !e.health().hopeless(now);
    let open: Vec<&Arc<Endpoint<C>>> = endpoints.iter().filter(usable).collect();
    if open.is_empty() {
        return Choice::Nobody;
    }
    let ready: Vec<&Arc<Endpoint<C>>> = open.iter().copied().filter(|e| e.health().ready()).collect();
    let able = able(&ready, height, now);
    let free: Vec<&Arc<Endpoint<C>>> = able.into_iter().filter(|e| e.health().has_room(now)).collect();
    match free.as_slice() {
        [] => Choice::Wait(open.iter().filter_map(|e| e.health().wakes(now)).min()),
        [only] => Choice::Take(only.permit()),
        many => {
            let first = fastrand::usize(..many.len());
            let second = (first + fastrand::usize(1..many.len())) % many.len();
            let better = if many[second].health().score() < many[first].health().score() {
                second
            } else {
                first
            };
            Choice::Take(many[better].permit())
        }
    }
}

/// Those that should have the height by what they say; all, where none says so, for what they say may be old.
fn able<'a, C: Client>(ready: &[&'a Arc<Endpoint<C>>], height: u64, now: Instant) -> Vec<&'a Arc<Endpoint<C>>> {
    let has = |e: &&&Arc<Endpoint<C>>| {
        let health = e.health();
        height == 0 || (health.floor.is_none_or(|f| f <= height) && health.tip(now).is_none_or(|t| t >= height))
    };
    let able: Vec<_> = ready.iter().filter(has).copied().collect();
    if able.is_empty() { ready.to_vec() } else { able }
}
