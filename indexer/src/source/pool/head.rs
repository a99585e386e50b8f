//! The newest height that can be fetched: what two endpoints claim, or what one has shown.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout};

use super::client::Client;
use super::endpoint::Endpoint;
use super::group::Group;
use super::request::collapse;
use crate::source::{FetchError, Head};

/// A slow endpoint must not hold up the head of the others.
const STATUS_TIME: Duration = Duration::from_secs(5);

/// Time without a new block that two agree on, after which one endpoint far ahead may prove that it is the others
/// that stand still.
const STALL: Duration = Duration::from_secs(60);

/// What the endpoints claim.
#[derive(Debug, PartialEq, Eq)]
struct Claims {
    /// The highest height that at least two claim to have.
    agreed: Option<u64>,
    /// Higher claims of one endpoint, highest first: index and height.
    ahead: Vec<(usize, u64)>,
}

/// Sorts claims. One more than `max_lead` beyond what two agree on is not worth a proof: no honest node is so far
/// ahead of all others, and a dishonest one must not move the plan.
fn weigh(mut claims: Vec<(usize, u64)>, max_lead: u64) -> Claims {
    claims.sort_by_key(|(_, tip)| std::cmp::Reverse(*tip));
    let agreed = claims.get(1).map(|(_, tip)| *tip);
    let beyond = |tip: u64| agreed.is_none_or(|a| tip > a && tip - a <= max_lead);
    let ahead = claims.into_iter().filter(|(_, tip)| *tip > 0 && beyond(*tip)).collect();
    Claims { agreed, ahead }
}

impl<C: Client> Group<C> {
    pub(in crate::source) async fn newest(&self) -> Result<Head, FetchError> {
        self.refresh().await;
        self.settle_head().await
    }

    /// Asks every endpoint that is not resting for its status.
    pub(in crate::source) async fn refresh(&self) {
        let now = Instant::now();
        let askable = |e: &&Arc<Endpoint<C>>| {
            let health = e.health();
            health.due(now) || (health.ready() && health.wakes(now).is_none())
        };
        let asked: Vec<_> = self
            .members
            .iter()
            .filter(askable)
            .map(|e| timeout(STATUS_TIME, self.look(e)))
            .collect();
        join_all(asked).await;
    }

    /// Asks an endpoint for its status. One whose claim is not believed is asked for the claimed block as well: its
    /// refusal names the true tip.
    async fn look(&self, endpoint: &Arc<Endpoint<C>>) {
        if endpoint.probe().await.is_err() {
            return;
        }
        let lie = endpoint.health().lie(Instant::now());
        if let Some(claimed) = lie {
            // The refusal is booked in the health of the endpoint.
            drop(endpoint.permit().measure(endpoint.client.serves(claimed)).await);
        }
    }

    /// Raises the head to what the present claims and a proof allow. It never goes back: blocks are final.
    pub(in crate::source) async fn settle_head(&self) -> Result<Head, FetchError> {
        let now = Instant::now();
        let ready: Vec<&Arc<Endpoint<C>>> = self.members.iter().filter(|e| e.health().ready()).collect();
        let claims = ready
            .iter()
            .filter_map(|e| Some((e.index, e.health().tip(now)?)))
            .collect();
        let claims = weigh(claims, self.max_lead(now));
        self.agreed(claims.agreed, now);
        let mut head = self.head_seen().max(claims.agreed.unwrap_or(0));
        for (index, claimed) in claims.ahead {
            if claimed <= head {
                break;
            }
            if let Some(shown) = self.prove(&self.members[index], claimed).await {
                head = head.max(shown);
                break;
            }
        }
        let floor = ready.iter().filter_map(|e| e.health().floor).min();
        if head == 0 || ready.is_empty() {
            return Err(self.nobody_answers());
        }
        self.raise_head(head);
        Ok(Head {
            height: head,
            floor: floor.unwrap_or(1),
        })
    }

    /// How far one endpoint may be ahead of the others and still be asked for a proof.
    fn max_lead(&self, now: Instant) -> u64 {
        let stalled = self
            .agreed_since()
            .is_some_and(|(_, since)| now.duration_since(since) > STALL);
        if stalled { u64::MAX } else { self.rules.max_lead }
    }

    /// Remembers since when the agreed height stands, and remarks on those far beyond it.
    fn agreed(&self, agreed: Option<u64>, now: Instant) {
        let Some(agreed) = agreed else { return };
        if self.agreed_since().is_none_or(|(height, _)| height < agreed) {
            self.set_agreed(agreed, now);
        }
        for endpoint in &self.members {
            let mut health = endpoint.health();
            let beyond = health.tip(now).unwrap_or(0).saturating_sub(agreed);
            if beyond > self.rules.max_lead {
                let name = endpoint.name();
                health.remark(format!(
                    "{name}: claims a tip {beyond} blocks beyond all others, which is not believed"
                ));
            }
        }
    }

    /// Whether an endpoint in use claims more than the head: it may be able to show it soon.
    pub(in crate::source) fn claims_more(&self) -> bool {
        let (now, head) = (Instant::now(), self.head_seen());
        self.members.iter().any(|e| {
            let health = e.health();
            health.ready() && health.tip(now).is_some_and(|t| t > head)
        })
    }

    /// Whether an endpoint serves a height that only it claims; if it names a lower tip instead, that one.
    async fn prove(&self, endpoint: &Arc<Endpoint<C>>, claimed: u64) -> Option<u64> {
        if self.serves(endpoint, claimed).await.is_ok() {
            return Some(claimed);
        }
        // Where the results of the newest block are not stored yet, the block before it will do.
        let lower = endpoint
            .health()
            .tip(Instant::now())
            .filter(|t| *t < claimed)
            .unwrap_or(claimed - 1);
        if lower > self.head_seen() && self.serves(endpoint, lower).await.is_ok() {
            return Some(lower);
        }
        None
    }

    async fn serves(&self, endpoint: &Arc<Endpoint<C>>, height: u64) -> Result<(), FetchError> {
        endpoint.permit().measure(endpoint.client.serves(height)).await?;
        endpoint.health().shown(height);
        Ok(())
    }

    /// Which endpoints were tried, and what each said.
    fn nobody_answers(&self) -> FetchError {
        let attempts = self.members.iter().map(|e| e.attempt(None)).collect();
        collapse(format!("the tip of {}", self.rules.chain_id), attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_what_two_agree_on_and_a_small_lead_needs_a_proof() {
        let claims = weigh(vec![(0, 100), (1, 103), (2, 102)], 50);
        assert_eq!(
            claims,
            Claims {
                agreed: Some(102),
                ahead: vec![(1, 103)]
            }
        );
    }

    #[test]
    fn a_claim_far_beyond_all_others_is_not_even_tried() {
        let claims = weigh(vec![(0, 100), (1, 1_000_000), (2, 101)], 50);
        assert_eq!(
            claims,
            Claims {
                agreed: Some(101),
                ahead: vec![]
            }
        );
    }

    #[test]
    fn one_endpoint_alone_must_prove_what_it_claims() {
        assert_eq!(
            weigh(vec![(0, 860)], 50),
            Claims {
                agreed: None,
                ahead: vec![(0, 860)]
            }
        );
        assert_eq!(
            weigh(vec![], 50),
            Claims {
                agreed: None,
                ahead: vec![]
            }
        );
    }
}
