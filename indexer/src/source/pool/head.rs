//! The newest height that can be fetched: what two endpoints claim, or what one has shown.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout};

use super::Pool;
use super::endpoint::Endpoint;
use crate::source::{Attempt, FetchError, Head};

/// A slow endpoint must not hold up the head of the others.
const STATUS_TIME: Duration = Duration::from_secs(5);

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

impl Pool {
    pub(super) async fn newest(&self) -> Result<Head, FetchError> {
        self.refresh().await;
        self.settle_head().await
    }

    /// Asks every endpoint that is not resting for its status.
    pub(super) async fn refresh(&self) {
        let now = Instant::now();
        let askable = |e: &&Arc<Endpoint>| {
            let health = e.health();
            health.due(now) || (health.ready() && health.wakes(now).is_none())
        };
        let asked: Vec<_> = self
            .endpoints
            .iter()
            .filter(askable)
            .map(|e| timeout(STATUS_TIME, e.probe()))
            .collect();
        join_all(asked).await;
    }

    /// Raises the head to what the present claims and a proof allow. It never goes back: blocks are final.
    pub(super) async fn settle_head(&self) -> Result<Head, FetchError> {
        let now = Instant::now();
        let ready: Vec<&Arc<Endpoint>> = self.endpoints.iter().filter(|e| e.health().ready()).collect();
        let claims = ready
            .iter()
            .filter_map(|e| Some((e.index, e.health().tip(now)?)))
            .collect();
        let claims = weigh(claims, self.config.max_lead);
        let mut head = self.head_seen().max(claims.agreed.unwrap_or(0));
        for (index, claimed) in claims.ahead {
            if claimed <= head {
                break;
            }
            if let Some(shown) = self.prove(&self.endpoints[index], claimed).await {
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

    /// Whether an endpoint serves a height that only it claims; if it names a lower tip instead, that one.
    async fn prove(&self, endpoint: &Arc<Endpoint>, claimed: u64) -> Option<u64> {
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

    async fn serves(&self, endpoint: &Arc<Endpoint>, height: u64) -> Result<(), FetchError> {
        let permit = endpoint.permit();
        let header = permit.measure(endpoint.client.headers(height, height)).await?;
        permit.measure(endpoint.client.results(&header[0])).await?;
        endpoint.health().shown(height);
        Ok(())
    }

    /// Which endpoints were tried, and what each said.
    pub(super) fn nobody_answers(&self) -> FetchError {
        let attempts = self.endpoints.iter().map(|e| {
            let said = e
                .snapshot()
                .last_error
                .unwrap_or_else(|| "no answer in time".to_owned());
            // The kept text begins with the endpoint's name, which the error will say itself.
            let reason = said
                .strip_prefix(e.name())
                .and_then(|s| s.strip_prefix(": "))
                .unwrap_or(&said)
                .to_owned();
            Attempt {
                endpoint: e.name().to_owned(),
                error: FetchError::transient(e.name(), reason),
            }
        });
        FetchError::Exhausted {
            what: format!("the tip of {}", self.config.chain_id),
            attempts: attempts.collect(),
        }
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
