//! Every source over a real port, good and bad, into the real tables.
#![allow(clippy::unwrap_used)]

use super::{PRICES, PricePoller};
use crate::chain::Family;
use crate::chain::akash::state::ChainRules;
use crate::chain::prices::{Coin, Instruments, PythFeed, Rules, Stack};
use crate::pipeline::series::{Series, SeriesHome};
use crate::pipeline::{Board, Chain, FirstHeight, Metrics, Vault};
use crate::source::prices::{CoingeckoConfig, PriceConfig, PriceSources};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gridproof_store::archive::Archive;
use gridproof_store::batch::Origin;
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::commit::Committer;
use gridproof_store::crash::CrashPoints;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{Network, StateDb};
use serde_json::{Value, json};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const NETWORK: &str = "akash";
const AKT: &str = "4ea5bb4d2f5900cc2e97ba534240950740b4d3b89fe712a94a7304fd2fd92702";
const KEY: &str = "SECRET-KEY";

/// What the three sources say at present.
#[derive(Clone)]
struct World {
    /// Millionths of a dollar, as Pyth has them.
    pyth: i64,
    /// As CoinGecko and Osmosis write it.
    coingecko: &'static str,
    twap: &'static str,
    age_s: i64,
    /// `Some`: every request is answered with it.
    status: Option<u16>,
}

type Shared = Arc<Mutex<World>>;

fn refusal(world: &World) -> Option<Response> {
    let status = StatusCode::from_u16(world.status?).unwrap();
    let headers = [("location", "http://169.254.169.254/")];
    Some((status, headers, Json(json!({"message": "no"}))).into_response())
}

fn made(world: &World) -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::from_secs(world.age_s.unsigned_abs())
}

/// `getMultipleAccounts`, by what it asks for.
async fn solana(State(world): State<Shared>, Json(call): Json<Value>) -> Response {
    let world = world.lock().unwrap().clone();
    if let Some(refusal) = refusal(&world) {
        return refusal;
    }
    assert_eq!(
        (&call["method"], &call["params"][1]["encoding"]),
        (&json!("getMultipleAccounts"), &json!("base64"))
    );
    let known = PythFeed::sponsored("AKT", AKT, Stack::Upgraded).unwrap();
    let mut data = hex::decode("22f123639d7ef4cd").unwrap();
    data.extend([7; 32]);
    data.push(1);
    data.extend(hex::decode(AKT).unwrap());
    data.extend(world.pyth.to_le_bytes());
    data.extend(100_u64.to_le_bytes());
    data.extend((-6_i32).to_le_bytes());
    data.extend(made(&world).unix_timestamp().to_le_bytes());
    data.extend([0; 24]);
    data.extend(400_000_000_u64.to_le_bytes());
    let account = json!({"owner": Stack::Upgraded.owner(), "data": [STANDARD.encode(data), "base64"], "lamports": 1, "executable": false, "rentEpoch": 0});
    let asked = call["params"][0].as_array().unwrap();
    let accounts: Vec<Value> = asked
        .iter()
        .map(|address| {
            if *address == json!(known.account) {
                account.clone()
            } else {
                Value::Null
            }
        })
        .collect();
    let result = json!({"context": {"slot": 400_000_050_u64}, "value": accounts});
    Json(json!({"jsonrpc": "2.0", "id": call["id"], "result": result})).into_response()
}

async fn node(State(world): State<Shared>) -> Response {
    let world = world.lock().unwrap().clone();
    let time = made(&world).format(&Rfc3339).unwrap();
    refusal(&world).unwrap_or_else(|| Json(json!({"height": "51000000", "timestamp": time})).into_response())
}

async fn twap(State(world): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let world = world.lock().unwrap().clone();
    let query = query.unwrap();
    assert!(
        query.contains("start_time=20") && query.contains("base_asset="),
        "{query}"
    );
    let price = if query.contains("pool_id=3&") {
        world.twap
    } else {
        "0.0625"
    };
    refusal(&world).unwrap_or_else(|| Json(json!({"arithmetic_twap": price})).into_response())
}

async fn coingecko(State(world): State<Shared>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let world = world.lock().unwrap().clone();
    assert_eq!(
        (path.as_str(), headers["x-cg-demo-api-key"].to_str().unwrap()),
        ("simple/price", KEY)
    );
    let at = made(&world).unix_timestamp();
    let body = format!(
        r#"{{"akash-network":{{"usd":{},"last_updated_at":{at}}}}}"#,
        world.coingecko
    );
    refusal(&world).unwrap_or_else(|| ([("content-type", "application/json")], body).into_response())
}

async fn serve(world: Shared) -> String {
    let router = Router::new()
        .route("/rpc", post(solana))
        .route("/cosmos/base/node/v1beta1/status", get(node))
        .route("/osmosis/twap/v1beta1/ArithmeticTwapToNow", get(twap))
        .route("/cg/{*path}", get(coingecko))
        .with_state(world);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

fn sources(base: &str) -> PriceSources {
    let mut known = Instruments::akash();
    known.routes.truncate(1);
    PriceSources::new(&PriceConfig {
        solana: vec![format!("{base}/rpc")],
        pyth: vec![PythFeed::sponsored("AKT", AKT, Stack::Upgraded).unwrap()],
        osmosis: vec![base.to_owned()],
        routes: known.routes,
        twap_window: Duration::from_secs(3600),
        coingecko: Some(CoingeckoConfig {
            url: format!("{base}/cg/"),
            key: Some(KEY.to_owned()),
            history_days: 0,
        }),
        coins: vec![Coin {
            asset: "AKT".into(),
            id: "akash-network".into(),
        }],
    })
    .unwrap()
}

async fn home(client: &ClickHouse, folder: &FilePath) -> SeriesHome {
    let state_db = StateDb::open_file(&folder.join("state.db")).await.unwrap();
    let network = Network {
        name: NETWORK.into(),
        chain_id: "akashnet-2".into(),
        kind: "akash".into(),
        first_height: 1,
        note: String::new(),
    };
    state_db.register_network(&network).await.unwrap();
    let lease = state_db
        .acquire_writer("indexer", "test", Duration::from_secs(600))
        .await
        .unwrap();
    let archive = Archive::open_folder(&folder.join("archive")).unwrap();
    SeriesHome {
        origin: Origin {
            network: NETWORK.into(),
            chain_id: "akashnet-2".into(),
        },
        vault: Vault::new(archive, state_db.clone(), lease.clone(), NETWORK),
        committer: Committer::new(client.clone(), state_db.clone(), lease),
        state_db,
        metrics: Metrics::new(&prometheus::Registry::new()).unwrap(),
        crash: CrashPoints::default(),
    }
}

fn board() -> Board {
    let board = Board::new(&Chain {
        network: NETWORK.into(),
        chain_id: "akashnet-2".into(),
        kind: ChainRules::KIND,
        recording: false,
        note: String::new(),
        first: FirstHeight::Earliest,
    });
    board.tip(24_000_000);
    board
}

const SEEN: &str = "SELECT concat(source, ' ', ifNull(toString(price), '-'), ' ', status) AS s FROM price_ticks \
                    WHERE network = 'akash' AND height = 24000000 ORDER BY sequence, item";

#[tokio::test(flavor = "multi_thread")]
async fn what_each_source_says_reaches_the_table_as_it_was_said_with_its_verdict() {
    let engine = tokio::task::spawn_blocking(TestEngine::start).await.unwrap();
    let client = ClickHouse::new(ClickHouseConfig {
        url: engine.url(),
        user: String::new(),
        password: String::new(),
        database: "prices".to_owned(),
    });
    migrate::clickhouse::up(&client).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = World {
        pyth: 312_500,
        coingecko: "0.3125",
        twap: "5",
        age_s: 20,
        status: None,
    };
    let world: Shared = Arc::new(Mutex::new(good.clone()));
    let base = serve(world.clone()).await;
    let home = home(&client, folder.path()).await;
    let board = board();
    let mut poller = PricePoller {
        sources: sources(&base),
        home: home.clone(),
        rules: Rules::default(),
        every: Duration::from_secs(60),
        board: board.clone(),
    };
    let mut series = Series::open(home.clone(), PRICES).await.unwrap();
    let rounds = [
        good.clone(),
        World {
            age_s: 1000,
            ..good.clone()
        },
        World {
            pyth: 0,
            coingecko: "0",
            twap: "0",
            ..good.clone()
        },
        World {
            pyth: -312_500,
            coingecko: "-0.3125",
            twap: "-5",
            ..good.clone()
        },
        World {
            pyth: 312_500_000_000,
            coingecko: "1e-9",
            twap: "50000",
            ..good.clone()
        },
        World {
            coingecko: "0.2",
            twap: "7",
            ..good.clone()
        },
        World {
            status: Some(302),
            ..good.clone()
        },
        World {
            status: Some(503),
            ..good
        },
    ];
    let mut known = poller.known().await.unwrap();
    for round in rounds {
        *world.lock().unwrap() = round;
        let poll = poller.ask(known.clone()).await;
        known = poller.enter(&mut series, &poll, known).await.unwrap();
    }
    let seen: Vec<String> = client.fetch_all::<String>(SEEN).await.unwrap();
    let expected = [
        "pyth 0.3125 ok",
        "osmosis_twap 0.3125 ok",
        "coingecko 0.3125 ok",
        "pyth 0.3125 stale",
        "osmosis_twap 0.3125 stale",
        "coingecko 0.3125 stale",
        "pyth 0 zero",
        "osmosis_twap 0 zero",
        "coingecko 0 zero",
        "pyth -0.3125 negative",
        "osmosis_twap -0.3125 negative",
        "coingecko -0.3125 negative",
        "pyth 312500 absurd",
        "osmosis_twap 3125 absurd",
        "coingecko 0.000000001 absurd",
        "pyth 0.3125 crossed",
        "osmosis_twap 0.4375 crossed",
        "coingecko 0.2 crossed",
        "pyth - refused",
        "osmosis_twap - refused",
        "coingecko - refused",
        "pyth - refused",
        "osmosis_twap - refused",
        "coingecko - refused",
    ];
    assert_eq!(seen, expected);
    let archived = home.vault.entry(PRICES.stage, 1).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&archived).contains(KEY), "a key is never kept");
    let reasons: Vec<String> = client
        .fetch_all::<String>("SELECT reason FROM price_ticks WHERE status = 'refused' ORDER BY sequence, item")
        .await
        .unwrap();
    assert!(
        reasons[..3].iter().all(|reason| reason.contains("redirect")),
        "{reasons:?}"
    );
    let status = board.now().prices;
    assert_eq!((status.len(), status[0].status.as_str()), (3, "refused"));
    // A poller that begins anew goes on with the last good prices, which no bad one has replaced.
    let again = PricePoller {
        sources: sources(&base),
        home,
        rules: Rules::default(),
        every: Duration::from_secs(60),
        board,
    };
    let prices: Vec<String> = again
        .known()
        .await
        .unwrap()
        .iter()
        .map(|known| known.price.to_string())
        .collect();
    assert_eq!(prices, ["0.312500000000000000"; 3]);
}
