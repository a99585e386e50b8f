//! A market built by hand, message by message, through the machine's own dispatch.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{
    BidId, Coin, DecCoin, DeploymentId, Deposit, DepositSource, Event, EventBody, GroupId, GroupSpec, Message,
    MessageBody, OrderId, Phase, ResourceUnit, Resources, Tx, Version,
};
use crate::chain::akash::state::StateError;
use crate::chain::akash::state::escrow::{Account, AccountId, Escrow, Payment, PaymentId};
use crate::chain::akash::state::flow::{ESCROW, Flow};
use crate::chain::akash::state::ledger::TakeParams;
use crate::chain::akash::state::machine::{BlockContext, Machine};
use crate::chain::akash::state::market::{Bid, Lease, Market};
use crate::chain::akash::state::output::{Place, StateOutput};
use std::collections::BTreeMap;

pub(crate) const TENANT: &str = "akash1tenant";
/// Two providers whose text order is the reverse of their byte order (`p` is 1, `q` is 0 in bech32).
pub(crate) const FIRST_BY_TEXT: &str = "akash1ppp";
pub(crate) const FIRST_BY_BYTES: &str = "akash1qqq";

pub(crate) fn coin(amount: i128, denom: &str) -> Coin {
    Coin {
        denom: denom.to_owned(),
        amount,
    }
}

pub(crate) fn dec(text: &str) -> Dec {
    text.parse().unwrap()
}

pub(crate) fn deployment(dseq: u64) -> DeploymentId {
    DeploymentId {
        owner: TENANT.to_owned(),
        dseq,
    }
}

pub(crate) fn group(dseq: u64, gseq: u32) -> GroupId {
    GroupId {
        deployment: deployment(dseq),
        gseq,
    }
}

pub(crate) fn bid_id(dseq: u64, gseq: u32, provider: &str) -> BidId {
    let order = OrderId {
        group: group(dseq, gseq),
        oseq: 1,
    };
    BidId {
        order,
        provider: provider.to_owned(),
        bseq: 0,
    }
}

/// The machine's state with a clock that the test sets.
pub(crate) struct Bench {
    pub(crate) version: Version,
    pub(crate) height: u64,
    pub(crate) market: Market,
    pub(crate) escrow: Escrow,
    pub(crate) fallback: Option<Dec>,
    /// What the last message did.
    pub(crate) out: StateOutput,
    denom: &'static str,
    take: TakeParams,
}

impl Bench {
    /// An empty market without a take, in which everything is priced in `denom`.
    pub(crate) fn new(version: Version, denom: &'static str) -> Self {
        Self {
            version,
            height: 10,
            market: Market::default(),
            escrow: Escrow::default(),
            fallback: None,
            out: StateOutput::default(),
            denom,
            take: TakeParams {
                rates: BTreeMap::new(),
                default_rate: 0,
            },
        }
    }

    pub(crate) fn with_take(mut self, percent: u32) -> Self {
        self.take.default_rate = percent;
        self
    }

    fn machine<T>(&mut self, run: impl FnOnce(&mut Machine<'_>) -> T) -> T {
        self.out = StateOutput::default();
        let seconds = 1_700_000_000 + i64::try_from(self.height).unwrap();
        let mut machine = Machine {
            block: BlockContext {
                version: self.version,
                height: self.height,
                time_unix_s: seconds,
                time_unix_ms: seconds * 1_000,
                take: &self.take,
                akt_fallback: self.fallback,
            },
            market: &mut self.market,
            escrow: &mut self.escrow,
            out: &mut self.out,
            place: Place::Begin,
            flow: Flow::default(),
        };
        run(&mut machine)
    }

    /// Runs one message at a height, with the bank transfers that the transaction shows.
    pub(crate) fn send(
        &mut self,
        height: u64,
        body: MessageBody,
        transfers: &[(&str, &str, Coin)],
    ) -> Result<(), StateError> {
        self.height = height;
        let tx = transaction(0, body, transfers);
        self.machine(|machine| machine.transaction(&tx))
    }

    /// A message that must succeed and needs no transfer to be understood.
    pub(crate) fn ok(&mut self, height: u64, body: MessageBody) {
        self.send(height, body, &[]).unwrap();
    }

    /// The same message in a transaction that failed.
    pub(crate) fn failed(&mut self, height: u64, body: MessageBody) {
        self.height = height;
        let tx = transaction(5, body, &[]);
        self.machine(|machine| machine.transaction(&tx)).unwrap();
    }

    /// Runs an upgrade at a height; from then on its rules are in force.
    pub(crate) fn upgrade(&mut self, height: u64, version: Version) {
        (self.height, self.version) = (height, version);
        self.machine(|machine| machine.upgrade(version)).unwrap();
    }

    /// Reprices what waits.
    pub(crate) fn reprice(&mut self, height: u64, price: &str) {
        self.height = height;
        self.machine(|machine| machine.reprice_waiting(dec(price))).unwrap();
    }

    /// A deployment with `groups` groups, its deposit from the tenant's balance.
    pub(crate) fn deploy(&mut self, height: u64, dseq: u64, groups: usize, amount: i128) {
        self.deploy_paid_by(TENANT, height, dseq, groups, amount);
    }

    /// A deployment of the tenant that `depositor` pays for.
    pub(crate) fn deploy_paid_by(&mut self, depositor: &str, height: u64, dseq: u64, groups: usize, amount: i128) {
        let deposit = coin(amount, self.denom);
        let unit = ResourceUnit {
            resources: Resources::default(),
            count: 1,
            price: DecCoin {
                denom: self.denom.to_owned(),
                amount: dec("1000"),
            },
        };
        let spec = GroupSpec {
            name: "g".to_owned(),
            signed_by_all_of: Vec::new(),
            signed_by_any_of: Vec::new(),
            attributes: Vec::new(),
            resources: vec![unit],
        };
        let body = MessageBody::CreateDeployment {
            id: deployment(dseq),
            groups: vec![spec; groups],
            hash: vec![7; 32],
            deposit: Deposit {
                amount: deposit.clone(),
                sources: vec![DepositSource::Balance],
                depositor: Some(depositor.to_owned()).filter(|depositor| depositor != TENANT),
            },
            reclamation_min_window_s: None,
        };
        self.send(height, body, &[(depositor, ESCROW, deposit)]).unwrap();
    }

    /// A bid with a deposit of 500 units; bids on axlUSDC deposit uakt, as on the mainnet.
    pub(crate) fn bid(&mut self, height: u64, dseq: u64, gseq: u32, provider: &str, price: &str) {
        let denom = if self.denom.starts_with("ibc/") {
            "uakt"
        } else {
            self.denom
        };
        let deposit = coin(500, denom);
        let body = MessageBody::CreateBid {
            id: bid_id(dseq, gseq, provider),
            price: DecCoin {
                denom: self.denom.to_owned(),
                amount: dec(price),
            },
            deposit: Deposit {
                amount: deposit.clone(),
                sources: vec![DepositSource::Balance],
                depositor: None,
            },
            resources_offer: Vec::new(),
            reclamation_window_s: None,
        };
        self.send(height, body, &[(provider, ESCROW, deposit)]).unwrap();
    }

    /// A bid and its lease in the same block.
    pub(crate) fn lease(&mut self, height: u64, dseq: u64, gseq: u32, provider: &str, price: &str) {
        self.bid(height, dseq, gseq, provider, price);
        self.ok(
            height,
            MessageBody::CreateLease {
                id: bid_id(dseq, gseq, provider),
            },
        );
    }

    pub(crate) fn withdraw(&mut self, height: u64, dseq: u64, gseq: u32, provider: &str) {
        self.ok(
            height,
            MessageBody::WithdrawLease {
                id: bid_id(dseq, gseq, provider),
            },
        );
    }

    pub(crate) fn close_lease(&mut self, height: u64, dseq: u64, gseq: u32, provider: &str) {
        self.ok(
            height,
            MessageBody::CloseLease {
                id: bid_id(dseq, gseq, provider),
                reason: 0,
            },
        );
    }

    pub(crate) fn close(&mut self, height: u64, dseq: u64) {
        self.ok(height, MessageBody::CloseDeployment { id: deployment(dseq) });
    }

    /// `MsgAccountDeposit` by the tenant, paid by these senders.
    pub(crate) fn deposit(&mut self, height: u64, dseq: u64, paid: &[(&str, Coin)]) -> Result<(), StateError> {
        let amount = coin(paid.iter().map(|(_, coin)| coin.amount).sum(), &paid[0].1.denom);
        let body = MessageBody::AccountDeposit {
            signer: TENANT.to_owned(),
            scope: 1,
            xid: format!("{TENANT}/{dseq}"),
            deposit: Deposit {
                amount,
                sources: vec![DepositSource::Balance, DepositSource::Grant],
                depositor: None,
            },
        };
        let transfers: Vec<_> = paid.iter().map(|(from, coin)| (*from, ESCROW, coin.clone())).collect();
        self.send(height, body, &transfers)
    }

    pub(crate) fn account(&self, dseq: u64) -> &Account {
        &self.escrow.accounts[&AccountId::of_deployment(&deployment(dseq))]
    }

    pub(crate) fn bid_account(&self, dseq: u64, gseq: u32, provider: &str) -> &Account {
        &self.escrow.accounts[&AccountId::of_bid(&bid_id(dseq, gseq, provider))]
    }

    pub(crate) fn payment(&self, dseq: u64, gseq: u32, provider: &str) -> &Payment {
        &self.escrow.payments[&PaymentId::of_lease(&bid_id(dseq, gseq, provider))]
    }

    pub(crate) fn lease_of(&self, dseq: u64, gseq: u32, provider: &str) -> &Lease {
        &self.market.leases[&bid_id(dseq, gseq, provider)]
    }

    pub(crate) fn bid_of(&self, dseq: u64, gseq: u32, provider: &str) -> &Bid {
        &self.market.bids[&bid_id(dseq, gseq, provider)]
    }

    /// Funds in the first denomination, as text without places that are zero.
    pub(crate) fn funds(&self, dseq: u64) -> Dec {
        self.account(dseq).funds[0].amount
    }

    /// What the last message sent out of the module: receiver, amount, denomination.
    pub(crate) fn sent(&self) -> Vec<(&str, i128, &str)> {
        self.out
            .sent
            .iter()
            .map(|sent| (sent.recipient.as_str(), sent.amount, sent.denom.as_str()))
            .collect()
    }

    /// What the last message lost: amount and why.
    pub(crate) fn lost(&self) -> Vec<(Dec, &str)> {
        self.out
            .lost
            .iter()
            .map(|lost| (lost.amount.amount, lost.why))
            .collect()
    }
}

fn transaction(code: u32, body: MessageBody, transfers: &[(&str, &str, Coin)]) -> Tx {
    let event = |(index, (sender, recipient, coin)): (usize, &(&str, &str, Coin))| Event {
        event_index: u32::try_from(index).unwrap(),
        phase: Phase::Tx {
            tx_index: 0,
            msg_index: Some(0),
        },
        inner_index: Some(0),
        body: EventBody::Transfer {
            recipient: (*recipient).to_owned(),
            sender: (*sender).to_owned(),
            amount: vec![coin.clone()],
        },
    };
    Tx {
        index: 0,
        hash: String::new(),
        code,
        codespace: String::new(),
        gas_wanted: 0,
        gas_used: 0,
        fee: Vec::new(),
        fee_payer: String::new(),
        messages: vec![Message {
            msg_index: 0,
            inner_index: 0,
            type_url: String::new(),
            body,
            response: Vec::new(),
        }],
        events: transfers.iter().enumerate().map(event).collect(),
    }
}
