//! Osmosis' REST gateway: the node's status and the averages of pools, all of one node.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::refusal::{Refusal, first};
use crate::chain::prices::{Answer, Route};
use crate::source::transport::Transport;

const STATUS: &str = "cosmos/base/node/v1beta1/status";
const TWAP: &str = "osmosis/twap/v1beta1/ArithmeticTwapToNow";

pub(super) async fn ask(
    endpoints: &[Transport],
    route: &Route,
    now_ms: i64,
    window: Duration,
) -> Result<Answer, Refusal> {
    let start = (now_ms / 1000).saturating_sub(i64::try_from(window.as_secs()).unwrap_or(0));
    let start = OffsetDateTime::from_unix_timestamp(start)
        .ok()
        .and_then(|start| start.format(&Rfc3339).ok())
        .ok_or_else(|| Refusal::new("refused", "our clock is beyond any calendar"))?;
    first(endpoints, "Osmosis", |endpoint| one(endpoint, route, &start)).await
}

async fn one(endpoint: &Transport, route: &Route, start: &str) -> Result<Answer, Refusal> {
    let mut bodies = vec![get(endpoint, STATUS, &[]).await?];
    for leg in &route.legs {
        let pool = leg.pool.to_string();
        let query = [
            ("pool_id", pool.as_str()),
            ("base_asset", &leg.base),
            ("quote_asset", &leg.quote),
            ("start_time", start),
        ];
        bodies.push(get(endpoint, TWAP, &query).await?);
    }
    Ok(Answer::Served {
        endpoint: endpoint.name.clone(),
        bodies,
    })
}

async fn get(endpoint: &Transport, path: &str, query: &[(&str, &str)]) -> Result<String, Refusal> {
    text(endpoint, path, query, None).await
}

/// The body of a successful answer.
pub(super) async fn text(
    endpoint: &Transport,
    path: &str,
    query: &[(&str, &str)],
    header: Option<(&'static str, &str)>,
) -> Result<String, Refusal> {
    let reply = endpoint.get_text(path, query, header).await?;
    if !reply.status.is_success() {
        return Err(Refusal::status(&endpoint.name, reply.status.as_u16(), &reply.body));
    }
    String::from_utf8(reply.body.to_vec())
        .map_err(|_| Refusal::new("malformed", format!("{}: the answer is not text", endpoint.name)))
}
