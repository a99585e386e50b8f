//! Who does what: one deployment's life begins in every block.

use super::json::{Event, Transaction};
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::base::v1beta1::Coin as FeeCoin;
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, Fee, TxBody, TxRaw};
use cosmrs::proto::prost::Message as _;
use cosmrs::{AccountId, Any};
use gridproof_indexer::chain::akash::facts::ESCROW;
use gridproof_indexer::chain::akash::proto;
use prost::Message as _;
use serde_json::json;

const TENANTS: usize = 40;
const PROVIDERS: usize = 5;
/// First height at which a deployment is created; the providers register before.
const FIRST: u64 = 2;
/// Heights after the creation at which each step of a deployment's life happens.
const BID_AFTER: u64 = 1;
const LEASE_AFTER: u64 = 2;
const WITHDRAW_AFTER: u64 = 12;
const CLOSE_AFTER: u64 = 22;
const DEPOSIT: u64 = 5_000_000;
const BID_DEPOSIT: u64 = 500_000;
const FEE_COLLECTOR: &str = "akash17xpfvakm2amg962yls6f84z3kell8c5lazw8j8";
const MINT: &str = "akash1m3h30wlvsf8llruxtpukdvsy0km2kum8922l76";

/// One deployment.
struct Life {
    owner: String,
    provider: String,
    dseq: u64,
    /// Whole units per block.
    price: u64,
    gpus: u64,
}

pub(super) struct Scenario {
    random: fastrand::Rng,
    tenants: Vec<String>,
    providers: Vec<String>,
    lives: Vec<Life>,
}

/// What a block holds.
pub(super) struct Content {
    pub(super) txs: Vec<Transaction>,
    pub(super) events: Vec<Event>,
}

impl Scenario {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut address = || {
            let bytes: [u8; 20] = std::array::from_fn(|_| random.u8(..));
            AccountId::new("akash", &bytes).unwrap().to_string()
        };
        let tenants = (0..TENANTS).map(|_| address()).collect();
        let providers = (0..PROVIDERS).map(|_| address()).collect();
        Self {
            random,
            tenants,
            providers,
            lives: Vec::new(),
        }
    }

    pub(super) fn block(&mut self, height: u64) -> Content {
        let txs = if height < FIRST {
            (0..PROVIDERS).map(|index| self.register(index)).collect()
        } else {
            let life = self.begin(height);
            self.lives.push(life);
            vec![
                self.create_deployment(height),
                self.step(height, BID_AFTER, Self::create_bid),
                self.step(height, LEASE_AFTER, Self::create_lease),
                self.step(height, WITHDRAW_AFTER, Self::withdraw),
                self.step(height, CLOSE_AFTER, Self::close),
            ]
        };
        Content {
            txs,
            events: block_events(),
        }
    }

    fn begin(&mut self, height: u64) -> Life {
        Life {
            owner: self.tenants[self.random.usize(..TENANTS)].clone(),
            provider: self.providers[self.random.usize(..PROVIDERS)].clone(),
            dseq: 100_000 + height,
            price: self.random.u64(1_000..100_000),
            gpus: self.random.u64(0..=8),
        }
    }

    /// A step in the life that began `after` blocks ago; a plain transfer of coins where there is none.
    fn step(&mut self, height: u64, after: u64, act: fn(&mut Self, usize) -> Transaction) -> Transaction {
        match height.checked_sub(FIRST + after) {
            Some(index) => act(self, usize::try_from(index).unwrap()),
            None => self.send(),
        }
    }

    fn register(&mut self, index: usize) -> Transaction {
        let owner = self.providers[index].clone();
        let attribute = |key: &str, value: &str| proto::Attribute {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let message = proto::MsgProvider {
            owner: owner.clone(),
            host_uri: format!("https://provider-{index}.example.test:8443"),
            attributes: vec![
                attribute("region", "eu-west"),
                attribute("host", "akash"),
                attribute(
                    "capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi/interface/sxm",
                    "true",
                ),
            ],
            info: None,
        };
        let event = Event::typed(
            "akash.provider.v1beta4.EventProviderCreated",
            &[("owner", json!(owner))],
        );
        self.tx(
            &owner,
            "/akash.provider.v1beta4.MsgCreateProvider",
            message.encode_to_vec(),
            vec![event],
        )
    }

    fn create_deployment(&mut self, height: u64) -> Transaction {
        let life = &self.lives[usize::try_from(height - FIRST).unwrap()];
        let hash = vec![7; 32];
        let message = proto::MsgCreateDeployment {
            id: Some(proto::DeploymentId {
                owner: life.owner.clone(),
                dseq: life.dseq,
            }),
            groups: vec![group(life.gpus)],
            hash,
            deposit: Some(deposit("uact", DEPOSIT)),
            reclamation: None,
        };
        let mut events = vec![
            Event::typed(
                "akash.deployment.v1.EventDeploymentCreated",
                &[
                    ("hash", json!("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")),
                    ("id", life.deployment_id()),
                ],
            ),
            Event::typed("akash.market.v1.EventOrderCreated", &[("id", life.order_id())]),
        ];
        events.extend(transfer(&life.owner, ESCROW, DEPOSIT, "uact"));
        let owner = life.owner.clone();
        self.tx(
            &owner,
            "/akash.deployment.v1beta4.MsgCreateDeployment",
            message.encode_to_vec(),
            events,
        )
    }

    fn create_bid(&mut self, index: usize) -> Transaction {
        let life = &self.lives[index];
        let message = proto::MsgCreateBid {
            id: Some(life.wire_id()),
            price: Some(proto::DecCoin {
                denom: "uact".to_owned(),
                amount: format!("{}000000000000000000", life.price),
            }),
            deposit: Some(deposit("uact", BID_DEPOSIT)),
            resources_offer: Vec::new(),
            reclamation_window: None,
        };
        let fields = [("id", life.bid_id()), ("price", life.price_json())];
        let mut events = vec![Event::typed("akash.market.v1.EventBidCreated", &fields)];
        events.extend(transfer(&life.provider, ESCROW, BID_DEPOSIT, "uact"));
        let signer = life.provider.clone();
        self.tx(
            &signer,
            "/akash.market.v1beta5.MsgCreateBid",
            message.encode_to_vec(),
            events,
        )
    }

    fn create_lease(&mut self, index: usize) -> Transaction {
        let life = &self.lives[index];
        let message = proto::MsgLease {
            id: Some(life.wire_id()),
            reason: 0,
        };
        let fields = [("id", life.bid_id()), ("price", life.price_json())];
        let events = vec![Event::typed("akash.market.v1.EventLeaseCreated", &fields)];
        let signer = life.owner.clone();
        self.tx(
            &signer,
            "/akash.market.v1beta5.MsgCreateLease",
            message.encode_to_vec(),
            events,
        )
    }

    fn withdraw(&mut self, index: usize) -> Transaction {
        let life = &self.lives[index];
        let message = proto::MsgLease {
            id: Some(life.wire_id()),
            reason: 0,
        };
        let earned = life.price * (WITHDRAW_AFTER - LEASE_AFTER);
        let events = transfer(ESCROW, &life.provider, earned, "uact").to_vec();
        let signer = life.provider.clone();
        self.tx(
            &signer,
            "/akash.market.v1beta5.MsgWithdrawLease",
            message.encode_to_vec(),
            events,
        )
    }

    fn close(&mut self, index: usize) -> Transaction {
        let life = &self.lives[index];
        let id = proto::DeploymentId {
            owner: life.owner.clone(),
            dseq: life.dseq,
        };
        let message = proto::MsgCloseDeployment { id: Some(id) };
        let earned = life.price * (CLOSE_AFTER - WITHDRAW_AFTER);
        let rest = DEPOSIT - life.price * (CLOSE_AFTER - LEASE_AFTER);
        let mut events = Vec::new();
        events.extend(transfer(ESCROW, &life.provider, earned, "uact"));
        events.extend(transfer(ESCROW, &life.owner, rest, "uact"));
        events.push(Event::typed(
            "akash.deployment.v1.EventDeploymentClosed",
            &[("id", life.deployment_id())],
        ));
        events.push(Event::typed(
            "akash.deployment.v1.EventGroupClosed",
            &[("id", life.group_id())],
        ));
        events.push(Event::typed(
            "akash.market.v1.EventOrderClosed",
            &[("id", life.order_id())],
        ));
        events.extend(transfer(ESCROW, &life.provider, BID_DEPOSIT, "uact"));
        events.push(Event::typed("akash.market.v1.EventBidClosed", &[("id", life.bid_id())]));
        let reason = ("reason", json!("lease_closed_owner"));
        events.push(Event::typed(
            "akash.market.v1.EventLeaseClosed",
            &[("id", life.bid_id()), reason],
        ));
        let signer = life.owner.clone();
        self.tx(
            &signer,
            "/akash.deployment.v1beta4.MsgCloseDeployment",
            message.encode_to_vec(),
            events,
        )
    }

    fn send(&mut self) -> Transaction {
        let (from, to) = (self.tenants[0].clone(), self.tenants[1].clone());
        let events = transfer(&from, &to, 1, "uakt").to_vec();
        // The message's own body does not matter: the decoder leaves the type alone.
        self.tx(&from, "/cosmos.bank.v1beta1.MsgSend", Vec::new(), events)
    }

    /// Signs nothing, but is as long as a signed transaction.
    fn tx(&mut self, signer: &str, type_url: &str, value: Vec<u8>, events: Vec<Event>) -> Transaction {
        let fee = self.random.u64(2_000..9_000);
        let message = Any {
            type_url: type_url.to_owned(),
            value,
        };
        let body = TxBody {
            messages: vec![message],
            ..TxBody::default()
        };
        let amount = vec![FeeCoin {
            denom: "uakt".to_owned(),
            amount: fee.to_string(),
        }];
        let fee_part = Fee {
            amount,
            gas_limit: 200_000,
            ..Fee::default()
        };
        let auth = AuthInfo {
            signer_infos: Vec::new(),
            fee: Some(fee_part),
            ..AuthInfo::default()
        };
        let raw = TxRaw {
            body_bytes: body.encode_to_vec(),
            auth_info_bytes: auth.encode_to_vec(),
            signatures: vec![(0..64).map(|_| self.random.u8(..)).collect()],
        };
        let answer = Any {
            type_url: format!("{type_url}Response"),
            value: Vec::new(),
        };
        let data = TxMsgData {
            msg_responses: vec![answer],
            ..TxMsgData::default()
        };
        let mut all = transfer(signer, FEE_COLLECTOR, fee, "uakt").to_vec();
        all.push(Event::plain(
            "tx",
            &[("fee", &format!("{fee}uakt")), ("fee_payer", signer)],
        ));
        let action = Event::plain("message", &[("action", type_url)]);
        let of_message = std::iter::once(action).chain(events);
        all.extend(of_message.map(|event| event.with("msg_index", "0")));
        Transaction {
            bytes: raw.encode_to_vec(),
            data: data.encode_to_vec(),
            events: all,
        }
    }
}

impl Life {
    fn wire_id(&self) -> proto::BidId {
        proto::BidId {
            owner: self.owner.clone(),
            dseq: self.dseq,
            gseq: 1,
            oseq: 1,
            provider: self.provider.clone(),
            bseq: 0,
        }
    }

    fn deployment_id(&self) -> serde_json::Value {
        json!({ "owner": self.owner, "dseq": self.dseq.to_string() })
    }

    fn group_id(&self) -> serde_json::Value {
        json!({ "owner": self.owner, "dseq": self.dseq.to_string(), "gseq": 1 })
    }

    fn order_id(&self) -> serde_json::Value {
        json!({ "owner": self.owner, "dseq": self.dseq.to_string(), "gseq": 1, "oseq": 1 })
    }

    fn bid_id(&self) -> serde_json::Value {
        json!({
            "owner": self.owner, "dseq": self.dseq.to_string(), "gseq": 1, "oseq": 1,
            "provider": self.provider, "bseq": 0,
        })
    }

    fn price_json(&self) -> serde_json::Value {
        json!({ "denom": "uact", "amount": format!("{}.000000000000000000", self.price) })
    }
}

fn deposit(denom: &str, amount: u64) -> proto::Deposit {
    let amount = proto::Coin {
        denom: denom.to_owned(),
        amount: amount.to_string(),
    };
    proto::Deposit {
        amount: Some(amount),
        sources: vec![1],
    }
}

fn group(gpus: u64) -> proto::GroupSpec {
    let digits = |number: u64| {
        Some(proto::ResourceValue {
            val: number.to_string().into_bytes(),
        })
    };
    let plain = |number| {
        Some(proto::Quantity {
            value: digits(number),
            attributes: Vec::new(),
        })
    };
    let key = "vendor/nvidia/model/h100/ram/80Gi/interface/sxm".to_owned();
    let wanted = if gpus == 0 {
        Vec::new()
    } else {
        vec![proto::Attribute {
            key,
            value: "true".to_owned(),
        }]
    };
    let storage = proto::Storage {
        name: "default".to_owned(),
        quantity: digits(1 << 34),
        attributes: Vec::new(),
    };
    let resources = proto::Resources {
        id: 1,
        cpu: plain(8_000),
        memory: plain(1 << 35),
        storage: vec![storage],
        gpu: Some(proto::Quantity {
            value: digits(gpus),
            attributes: wanted,
        }),
        endpoints: Vec::new(),
    };
    let price = proto::DecCoin {
        denom: "uact".to_owned(),
        amount: format!("{}000000000000000000", 100_000),
    };
    let unit = proto::ResourceUnit {
        resource: Some(resources),
        count: 1,
        price: Some(price),
    };
    proto::GroupSpec {
        name: "dc1".to_owned(),
        requirements: None,
        resources: vec![unit],
    }
}

/// The bank's events of one transfer.
fn transfer(from: &str, to: &str, amount: u64, denom: &str) -> [Event; 3] {
    let coins = format!("{amount}{denom}");
    [
        Event::plain("coin_spent", &[("spender", from), ("amount", &coins)]),
        Event::plain("coin_received", &[("receiver", to), ("amount", &coins)]),
        Event::plain("transfer", &[("recipient", to), ("sender", from), ("amount", &coins)]),
    ]
}

/// What every block does by itself: mint.
fn block_events() -> Vec<Event> {
    let mut events = Vec::new();
    events.push(Event::plain("coinbase", &[("minter", MINT), ("amount", "2183495uakt")]));
    events.extend(transfer(MINT, FEE_COLLECTOR, 2_183_495, "uakt"));
    let rates = [
        ("bonded_ratio", "0.471657989049024676"),
        ("inflation", "0.130000054877172088"),
        ("annual_provisions", "13781178088309.634468929191956304"),
        ("amount", "2183495"),
    ];
    events.push(Event::plain("mint", &rates));
    events
        .into_iter()
        .map(|event| event.with("mode", "BeginBlock"))
        .collect()
}
