//! Prices of each source, good and bad, read and judged.
#![allow(clippy::unwrap_used)]

mod crossing;
mod each_source;
mod pyth_account;

use super::poll::{Answer, Asked, Poll, Question};
use super::{Coin, Leg, PythFeed, Route, Rules, Stack, Tick};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Our clock in these tests, milliseconds since the Unix epoch.
pub(super) const NOW_MS: i64 = 1_764_000_000_000;
pub(super) const NOW_S: i64 = NOW_MS / 1000;

const AKT_FEED: &str = "4ea5bb4d2f5900cc2e97ba534240950740b4d3b89fe712a94a7304fd2fd92702";

/// A price account, field by field.
pub(super) struct Account {
    pub(super) owner: &'static str,
    pub(super) discriminator: [u8; 8],
    pub(super) level: u8,
    pub(super) feed: &'static str,
    pub(super) price: i64,
    pub(super) confidence: u64,
    pub(super) exponent: i32,
    pub(super) published_s: i64,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            owner: Stack::Original.owner(),
            discriminator: [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd],
            level: 1,
            feed: AKT_FEED,
            price: 31_250_000,
            confidence: 31_250,
            exponent: -8,
            published_s: NOW_S - 40,
        }
    }
}

impl Account {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut data = self.discriminator.to_vec();
        data.extend([7; 32]);
        data.push(self.level);
        data.extend(hex::decode(self.feed).unwrap());
        data.extend(self.price.to_le_bytes());
        data.extend(self.confidence.to_le_bytes());
        data.extend(self.exponent.to_le_bytes());
        data.extend(self.published_s.to_le_bytes());
        data.extend(self.published_s.saturating_sub(1).to_le_bytes());
        data.extend(self.price.to_le_bytes());
        data.extend(self.confidence.to_le_bytes());
        data.extend(402_000_001_u64.to_le_bytes());
        data.push(0);
        data
    }

    /// As a node's answer.
    pub(super) fn body(&self) -> String {
        let data = STANDARD.encode(self.bytes());
        let account = serde_json::json!({"owner": self.owner, "data": data});
        serde_json::json!({"slot": 402_000_050_u64, "accounts": [account]}).to_string()
    }
}

pub(super) fn akt_feed() -> PythFeed {
    PythFeed {
        asset: "AKT".into(),
        stack: Stack::Original,
        account: "6EwXyUq4YBq8SzaJZKNvXwmdiauqkJhxL31SqF5U52nG".into(),
        feed_id: AKT_FEED.into(),
    }
}

pub(super) fn route() -> Route {
    let leg = |pool, base: &str, quote: &str, name: &str| Leg {
        pool,
        base: base.into(),
        quote: quote.into(),
        name: name.into(),
    };
    Route {
        asset: "AKT".into(),
        quote: "USDC".into(),
        legs: vec![
            leg(3, "ibc/AKT", "uosmo", "AKT/OSMO"),
            leg(678, "uosmo", "ibc/USDC", "OSMO/USDC"),
        ],
    }
}

pub(super) fn coin() -> Coin {
    Coin {
        asset: "AKT".into(),
        id: "akash-network".into(),
    }
}

fn served(question: Question, bodies: Vec<String>) -> Asked {
    let endpoint = "http://node".into();
    Asked {
        question,
        answer: Answer::Served { endpoint, bodies },
    }
}

pub(super) fn pyth(account: &Account) -> Asked {
    served(Question::Pyth(vec![akt_feed()]), vec![account.body()])
}

/// Pools that answer these two prices in a block `age_s` old.
pub(super) fn osmosis(first: &str, second: &str, age_s: i64) -> Asked {
    let time = time::OffsetDateTime::from_unix_timestamp(NOW_S - age_s).unwrap();
    let time = time.format(&time::format_description::well_known::Rfc3339).unwrap();
    let twap = |price: &str| serde_json::json!({"arithmetic_twap": price}).to_string();
    let status = serde_json::json!({"height": "51000000", "timestamp": time}).to_string();
    served(Question::OsmosisTwap(route()), vec![status, twap(first), twap(second)])
}

/// A coin whose price is written as `price`.
pub(super) fn coingecko(price: &str, age_s: i64) -> Asked {
    let at = NOW_S - age_s;
    let body = format!(r#"{{"akash-network":{{"usd":{price},"last_updated_at":{at}}}}}"#);
    served(Question::CoingeckoPrices(vec![coin()]), vec![body])
}

/// The ticks of a round with these answers and no past.
pub(super) fn ticks(asked: Vec<Asked>) -> Vec<Tick> {
    let poll = Poll::new(NOW_MS, 7, Rules::default(), Vec::new(), asked);
    let again = Poll::from_json(&poll.to_json().unwrap()).unwrap();
    assert_eq!(again, poll, "what is archived comes back as it was");
    again.ticks()
}

pub(super) fn tick(asked: Asked) -> Tick {
    let mut ticks = ticks(vec![asked]);
    assert_eq!(ticks.len(), 1);
    ticks.remove(0)
}
