//! Events: what happened.

use super::{Attribute, BidId, Coin, DecCoin, DeploymentId, GroupId, LeaseId, OrderId};

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the transactions (pre-block and begin-block).
    Begin,
    /// Inside transaction `tx_index`; `msg_index` is absent for ante-handler events.
    Tx {
        /// Transaction.
        tx_index: u32,
        /// Message.
        msg_index: Option<u32>,
    },
    /// After the transactions.
    End,
}

/// An event with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Index within the transaction's list, or within the block's list for events outside transactions.
    pub event_index: u32,
    /// Phase.
    pub phase: Phase,
    /// Which of the messages unfolded from the outermost one it belongs to ([`Message::inner_index`]);
    /// nothing outside messages, and where the chain does not say.
    pub inner_index: Option<u32>,
    /// What happened.
    pub body: EventBody,
}

/// What an event says. Legacy `akash.v1` events arrive as the same arms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventBody {
    /// `EventDeploymentCreated`, `deployment-created`.
    DeploymentCreated {
        /// Deployment.
        id: DeploymentId,
        /// Manifest hash.
        hash: Vec<u8>,
    },
    /// `EventDeploymentUpdated`, `deployment-updated`.
    DeploymentUpdated {
        /// Deployment.
        id: DeploymentId,
        /// Manifest hash.
        hash: Vec<u8>,
    },
    /// `EventDeploymentClosed`, `deployment-closed`.
    DeploymentClosed {
        /// Deployment.
        id: DeploymentId,
    },
    /// `EventGroupStarted`, `group-started`.
    GroupStarted {
        /// Group.
        id: GroupId,
    },
    /// `EventGroupPaused`, `group-paused`.
    GroupPaused {
        /// Group.
        id: GroupId,
    },
    /// `EventGroupClosed`, `group-closed`.
    GroupClosed {
        /// Group.
        id: GroupId,
    },
    /// `EventOrderCreated`, `order-created`.
    OrderCreated {
        /// Order.
        id: OrderId,
    },
    /// `EventOrderClosed`, `order-closed`.
    OrderClosed {
        /// Order.
        id: OrderId,
    },
    /// `EventBidCreated`, `bid-created`.
    BidCreated {
        /// Bid.
        id: BidId,
        /// Price per block.
        price: DecCoin,
    },
    /// `EventBidClosed`, `bid-closed`.
    BidClosed {
        /// Bid.
        id: BidId,
    },
    /// `EventLeaseCreated`, `lease-created`.
    LeaseCreated {
        /// Lease.
        id: LeaseId,
        /// Price per block.
        price: DecCoin,
    },
    /// `EventLeaseClosed`, `lease-closed`.
    LeaseClosed {
        /// Lease.
        id: LeaseId,
        /// Reason as the event names it (a number the enum lacks comes as digits); empty before v1.0.0.
        reason: String,
    },
    /// `EventLeaseReclaimStarted` (v2.1.0+).
    LeaseReclaimStarted {
        /// Lease.
        id: LeaseId,
        /// Reason.
        reason: String,
        /// Deadline, Unix seconds.
        deadline_unix_s: i64,
    },
    /// `EventProviderCreated`, `provider-created`.
    ProviderCreated {
        /// Address.
        owner: String,
    },
    /// `EventProviderUpdated`, `provider-updated`.
    ProviderUpdated {
        /// Address.
        owner: String,
    },
    /// `EventProviderDeleted`, `provider-deleted`.
    ProviderDeleted {
        /// Address.
        owner: String,
    },
    /// `EventTrustedAuditorCreated`, `audit-trusted-auditor-created`.
    AuditSigned {
        /// Provider.
        owner: String,
        /// Auditor.
        auditor: String,
    },
    /// `EventTrustedAuditorDeleted`, `audit-trusted-auditor-deleted`.
    AuditDeleted {
        /// Provider.
        owner: String,
        /// Auditor.
        auditor: String,
    },
    /// A typed event of a package that is kept field by field: BME and oracle.
    Typed {
        /// Package with its version, such as `akash.bme.v1`.
        package: &'static str,
        /// Name without package, such as `EventLedgerRecordExecuted`.
        name: String,
        /// The JSON fields as served, keyed by field name.
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// Bank transfer.
    Transfer {
        /// Receiver.
        recipient: String,
        /// Sender.
        sender: String,
        /// Coins; may be empty.
        amount: Vec<Coin>,
    },
    /// Bank: coins minted.
    Coinbase {
        /// Module account.
        minter: String,
        /// Coins.
        amount: Vec<Coin>,
    },
    /// Bank: coins burned.
    Burn {
        /// Module account.
        burner: String,
        /// Coins.
        amount: Vec<Coin>,
    },
    /// Inflation of this block.
    Mint {
        /// Decimal text.
        bonded_ratio: String,
        /// Decimal text.
        inflation: String,
        /// Decimal text.
        annual_provisions: String,
        /// Minted, in the staking denomination.
        amount: i128,
    },
    /// `tx` event with the fee that was taken.
    Fee {
        /// Coins.
        fee: Vec<Coin>,
        /// Payer.
        payer: String,
    },
    /// Governance: a proposal id with its outcome (`proposal_passed`, `proposal_failed`, …).
    Proposal {
        /// Id.
        id: u64,
        /// `proposal_result`, or empty where the event is the submission.
        result: String,
    },
    /// A type that this decoder has never heard of. Types that are known and left alone (`message`,
    /// `coin_spent`, `commission`, …) are not in the list of events at all.
    Unknown {
        /// Event type.
        kind: String,
        /// Attributes as served, decoded where they were base64.
        attributes: Vec<Attribute>,
    },
}
