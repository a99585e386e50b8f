//! Which prices a network is asked for, unless somebody says otherwise.

use super::{Coin, Leg, PythFeed, Route, Stack};
use solana_pubkey::Pubkey;

const AKT: &str = "4ea5bb4d2f5900cc2e97ba534240950740b4d3b89fe712a94a7304fd2fd92702";
const RENDER: &str = "3d4a2bd9535be6ce8059d75eadeba507b043257321aa544717c56fa19b49e35d";
const SOL: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const USDC: &str = "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a";

/// AKT on Osmosis: over channel-1.
const AKT_ON_OSMOSIS: &str = "ibc/1480B8FD20AD5FCAE81EA87584D269547DD4D436843C1D20F15E00EB64743EF4";
/// USDC on Osmosis as Axelar bridges it.
const USDC_ON_OSMOSIS: &str = "ibc/D189335C6E4A68B513C10AB227BF1C1D38C746766278BA3EEB4FB14124F1D858";

/// Shard of the push oracle whose accounts are kept up to date by sponsors.
const SHARD: u16 = 0;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instruments {
    /// Price accounts on Solana.
    pub pyth: Vec<PythFeed>,
    /// Pools on Osmosis.
    pub routes: Vec<Route>,
    /// Coins at CoinGecko.
    pub coins: Vec<Coin>,
}

impl Instruments {
    /// AKT, and what it is traded and paid in.
    pub fn akash() -> Self {
        let leg = |pool, base: &str, quote: &str, name: &str| Leg {
            pool,
            base: base.to_owned(),
            quote: quote.to_owned(),
            name: name.to_owned(),
        };
        let osmo = leg(678, "uosmo", USDC_ON_OSMOSIS, "OSMO/USDC");
        let akt = leg(3, AKT_ON_OSMOSIS, "uosmo", "AKT/OSMO");
        let route = |asset: &str, legs| Route {
            asset: asset.to_owned(),
            quote: "USDC".to_owned(),
            legs,
        };
        Self {
            pyth: feeds(&[("AKT", AKT, Stack::Upgraded), ("USDC", USDC, Stack::Upgraded)]),
            routes: vec![route("AKT", vec![akt, osmo.clone()]), route("OSMO", vec![osmo])],
            coins: coins(&[("AKT", "akash-network"), ("OSMO", "osmosis"), ("USDC", "usd-coin")]),
        }
    }

    /// RENDER and SOL, from both deployments of Pyth.
    pub fn render() -> Self {
        Self {
            pyth: feeds(&[
                ("RENDER", RENDER, Stack::Original),
                ("RENDER", RENDER, Stack::Upgraded),
                ("SOL", SOL, Stack::Original),
                ("SOL", SOL, Stack::Upgraded),
            ]),
            routes: Vec::new(),
            coins: coins(&[("RENDER", "render-token"), ("SOL", "solana")]),
        }
    }
}

fn feeds(known: &[(&str, &str, Stack)]) -> Vec<PythFeed> {
    let feed = |(asset, id, stack): &(&str, &str, Stack)| PythFeed::sponsored(asset, id, *stack);
    known.iter().filter_map(feed).collect()
}

fn coins(known: &[(&str, &str)]) -> Vec<Coin> {
    let coin = |(asset, id): &(&str, &str)| Coin {
        asset: (*asset).to_owned(),
        id: (*id).to_owned(),
    };
    known.iter().map(coin).collect()
}

impl PythFeed {
    /// The account that sponsors keep for a feed; `None`: the id is not 32 bytes in hex.
    pub fn sponsored(asset: &str, feed_id: &str, stack: Stack) -> Option<Self> {
        let id: [u8; 32] = hex::decode(feed_id).ok()?.try_into().ok()?;
        let program: Pubkey = stack.push_oracle().parse().ok()?;
        let (account, _) = Pubkey::find_program_address(&[&SHARD.to_le_bytes(), &id], &program);
        Some(Self {
            asset: asset.to_owned(),
            stack,
            account: account.to_string(),
            feed_id: feed_id.to_ascii_lowercase(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feed_has_the_account_of_the_census() {
        let render: Vec<String> = Instruments::render()
            .pyth
            .into_iter()
            .map(|feed| feed.account)
            .collect();
        let census = [
            "HAm5DZhrgrWa12heKSxocQRyJWGCtXegC77hFQ8F5QTH",
            "CQunoG15nDNGdM4C4JnDmYMEmZFnTkD5eSJGf118MfWR",
            "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE",
            "7AviUf9nL62mcxNbQGKm4nKDQnPjswo6c5MX4D57HmyE",
        ];
        assert_eq!(render, census);
        let akash = Instruments::akash().pyth;
        assert_eq!(akash[0].account, "ECxq9FjHBNGPDhpd47s4sMvVmGBFvQTpWQdMcV87tbHi");
        assert_eq!(akash.len(), 2);
    }
}
