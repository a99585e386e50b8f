//! A decoded Akash block: what all three eras have in common.
//!
//! The decoder turns RPC bodies of any era into these types; the fact derivation and the state
//! machine read nothing else. Everything is owned and plain, so that a block can cross threads.
//!
//! *Encoding* is decided by the shape of the response, *behaviour* by [`Version`] at a height.

use super::dec::Dec;
use time::OffsetDateTime;

/// An amount in base units with its denomination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Coin {
    /// Denomination, such as `uakt`, `uact` or `ibc/…`.
    pub denom: String,
    /// Whole base units. Chain integers above 2^127 are refused by the decoder.
    pub amount: i128,
}

/// A decimal amount with its denomination (prices, escrow balances).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DecCoin {
    /// Denomination.
    pub denom: String,
    /// Base units with 18 places.
    pub amount: Dec,
}

/// Deployment, `owner/dseq`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DeploymentId {
    /// Tenant's address.
    pub owner: String,
    /// Sequence, unique per owner only, chosen by the client.
    pub dseq: u64,
}

/// Group of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct GroupId {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Group number, from 1.
    pub gseq: u32,
}

/// Order of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct OrderId {
    /// The group.
    pub group: GroupId,
    /// Order number, from 1; a group that is started again gets the next one.
    pub oseq: u32,
}

/// Bid on an order, and the lease that may come of it: both have the same identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct BidId {
    /// The order.
    pub order: OrderId,
    /// Provider's address.
    pub provider: String,
    /// Bid number; 0 in every version so far.
    pub bseq: u32,
}

/// A lease has the identity of its bid.
pub type LeaseId = BidId;

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Attribute {
    /// Key; free text of the provider or tenant.
    pub key: String,
    /// Value; free text.
    pub value: String,
}

/// One volume of a resource unit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Storage {
    /// Volume name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Attributes; `persistent` and `class` matter.
    pub attributes: Vec<Attribute>,
}

/// An endpoint asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Endpoint {
    /// Kind number: 0 shared HTTP, 1 random port, 2 leased IP.
    pub kind: i32,
    /// Sequence number of a leased IP.
    pub sequence_number: u32,
}

/// Resources of one unit (multiply by the unit's `count`).
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Resources {
    /// Resource id within the group.
    pub id: u32,
    /// Milli-cores.
    pub cpu_milli: u64,
    /// Attributes of the CPU.
    pub cpu_attributes: Vec<Attribute>,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Attributes of the memory.
    pub memory_attributes: Vec<Attribute>,
    /// Volumes.
    pub storage: Vec<Storage>,
    /// Whole GPUs.
    pub gpu_units: u64,
    /// Attributes of the GPU, such as `vendor/nvidia/model/h100/ram/80Gi`.
    pub gpu_attributes: Vec<Attribute>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// A line of a group: resources, how many replicas, the most that the tenant pays.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResourceUnit {
    /// Resources of one replica.
    pub resources: Resources,
    /// Replicas.
    pub count: u32,
    /// Highest price per block that the tenant accepts for one replica.
    pub price: DecCoin,
}

/// What a tenant asks for in a group.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GroupSpec {
    /// Name.
    pub name: String,
    /// Auditors all of whom must have signed.
    pub signed_by_all_of: Vec<String>,
    /// Auditors one of whom must have signed.
    pub signed_by_any_of: Vec<String>,
    /// Placement attributes.
    pub attributes: Vec<Attribute>,
    /// Lines.
    pub resources: Vec<ResourceUnit>,
}

/// What a provider offers with a bid.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResourceOffer {
    /// Resources of one replica.
    pub resources: Resources,
    /// Replicas.
    pub count: u32,
}

/// Where the coins of a deposit come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DepositSource {
    /// The signer's own balance.
    Balance,
    /// An authorization that somebody granted to the signer.
    Grant,
    /// A number that is not in the enum.
    Other(i32),
}

/// The deposit of a message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Deposit {
    /// Amount.
    pub amount: Coin,
    /// Sources in order. Empty before v1.0.0, where `depositor` says who pays.
    pub sources: Vec<DepositSource>,
    /// Before v1.0.0: who pays, if not the signer.
    pub depositor: Option<String>,
}

/// Provider record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProviderRecord {
    /// Address.
    pub owner: String,
    /// Gateway URI; written by the provider, hostile.
    pub host_uri: String,
    /// Attributes in the order of the message.
    pub attributes: Vec<Attribute>,
    /// Contact address.
    pub email: String,
    /// Web site.
    pub website: String,
}

/// Header of a block, from `/blockchain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Chain id as the header says it.
    pub chain_id: String,
    /// Height.
    pub height: u64,
    /// BFT time of the block.
    pub time: OffsetDateTime,
    /// Block hash, upper-case hex as served.
    pub hash: String,
    /// Hash of the block before; empty at the first height.
    pub parent_hash: String,
    /// Transactions in the block.
    pub num_txs: u32,
    /// Proposer's consensus address, hex.
    pub proposer: String,
}

/// A decoded block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Header.
    pub header: Header,
    /// Transactions, failed ones included.
    pub txs: Vec<Tx>,
    /// Events outside transactions (pre-block, begin and end of block), in the order served.
    pub events: Vec<Event>,
}

/// A decoded transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tx {
    /// Index within the block.
    pub index: u32,
    /// Upper-case hex SHA-256 of the raw bytes.
    pub hash: String,
    /// Result code; 0 is success.
    pub code: u32,
    /// Module that the code belongs to; empty on success.
    pub codespace: String,
    /// Gas limit.
    pub gas_wanted: u64,
    /// Gas used.
    pub gas_used: u64,
    /// Fee as declared by the transaction.
    pub fee: Vec<Coin>,
    /// Who paid the fee (`tx.fee_payer` event, else the payer named in the transaction, else empty).
    pub fee_payer: String,
    /// Messages in order of execution, those inside `MsgExec` and multi-message wrappers unfolded.
    pub messages: Vec<Message>,
    /// Events, ante-handler events included.
    pub events: Vec<Event>,
}

impl Tx {
    /// Whether the transaction changed state beyond its fee.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }
}

/// A message with its place in the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Index of the outermost message; events carry the same number.
    pub msg_index: u32,
    /// Running number among the messages unfolded from the same outermost one; 0 for a plain message.
    pub inner_index: u32,
    /// Type URL.
    pub type_url: String,
    /// What it says.
    pub body: MessageBody,
    /// Answer of the message (`MsgBurnMintResponse` …), protobuf bytes from the result's `data`; for
    /// an unfolded message the inner answer, where the chain gives one.
    pub response: Vec<u8>,
}

/// What a message says. One arm per message that changes something we index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageBody {
    /// A tenant creates a deployment.
    CreateDeployment {
        /// Deployment.
        id: DeploymentId,
        /// Groups in order; gseq = position + 1.
        groups: Vec<GroupSpec>,
        /// Manifest hash (`version` before v1.0.0).
        hash: Vec<u8>,
        /// Deposit.
        deposit: Deposit,
        /// Smallest reclamation window in seconds that the tenant accepts (v2.1.0+).
        reclamation_min_window_s: Option<u64>,
    },
    /// A tenant changes the manifest.
    UpdateDeployment {
        /// Deployment.
        id: DeploymentId,
        /// New hash.
        hash: Vec<u8>,
    },
    /// A tenant closes a deployment.
    CloseDeployment {
        /// Deployment.
        id: DeploymentId,
    },
    /// A deposit into a deployment's account, before v1.0.0.
    DepositDeployment {
        /// Deployment.
        id: DeploymentId,
        /// Amount.
        amount: Coin,
        /// Who pays.
        depositor: String,
    },
    /// A deposit into an escrow account, v1.0.0+.
    AccountDeposit {
        /// Who signs.
        signer: String,
        /// Scope number: 1 deployment, 2 bid.
        scope: i32,
        /// Account id within the scope.
        xid: String,
        /// Deposit.
        deposit: Deposit,
    },
    /// A tenant closes a group.
    CloseGroup {
        /// Group.
        id: GroupId,
    },
    /// A tenant pauses a group.
    PauseGroup {
        /// Group.
        id: GroupId,
    },
    /// A tenant starts a paused group.
    StartGroup {
        /// Group.
        id: GroupId,
    },
    /// A provider bids.
    CreateBid {
        /// Bid.
        id: BidId,
        /// Price per block.
        price: DecCoin,
        /// Deposit.
        deposit: Deposit,
        /// Offer; may be empty.
        resources_offer: Vec<ResourceOffer>,
        /// Reclamation window in seconds (v2.1.0+).
        reclamation_window_s: Option<u64>,
    },
    /// A provider closes its bid, and the lease with it.
    CloseBid {
        /// Bid.
        id: BidId,
        /// Reason number; 0 before v1.0.0.
        reason: i32,
    },
    /// A tenant accepts a bid.
    CreateLease {
        /// Bid.
        id: BidId,
    },
    /// A provider draws what it earned.
    WithdrawLease {
        /// Lease.
        id: LeaseId,
    },
    /// A tenant closes a lease.
    CloseLease {
        /// Lease.
        id: LeaseId,
        /// Reason number; 0 where the version has none.
        reason: i32,
    },
    /// A provider begins to take a lease back (v2.1.0+).
    StartReclaim {
        /// Lease.
        id: LeaseId,
        /// Reason number.
        reason: i32,
    },
    /// A provider registers.
    CreateProvider(ProviderRecord),
    /// A provider changes its record.
    UpdateProvider(ProviderRecord),
    /// A provider asks to be deleted; no version so far carries it out.
    DeleteProvider {
        /// Address.
        owner: String,
    },
    /// An auditor signs attributes.
    SignAttributes {
        /// Provider.
        owner: String,
        /// Auditor.
        auditor: String,
        /// Attributes.
        attributes: Vec<Attribute>,
    },
    /// An auditor takes attributes back.
    DeleteAttributes {
        /// Provider.
        owner: String,
        /// Auditor.
        auditor: String,
        /// Keys; empty means all.
        keys: Vec<String>,
    },
    /// BME: burn one coin, mint another (`MsgBurnMint`, `MsgMintACT`, `MsgBurnACT`).
    BurnMint {
        /// Owner of the coins.
        owner: String,
        /// Receiver.
        to: String,
        /// Coins to burn.
        burn: Coin,
        /// Denomination to mint; the two special messages imply it.
        mint_denom: String,
    },
    /// Governance funds the vault.
    FundVault {
        /// Amount.
        amount: Coin,
        /// Source address.
        source: String,
    },
    /// A feeder sets a price.
    AddPrice {
        /// Signer.
        signer: String,
        /// Asset, such as `akt`.
        denom: String,
        /// Base, such as `usd`.
        base_denom: String,
        /// Price.
        price: Dec,
        /// Feeder's time stamp.
        timestamp: Option<OffsetDateTime>,
    },
    /// A module's parameters are replaced (governance).
    UpdateParams {
        /// Protobuf bytes of the whole message, decoded by the module's own state.
        value: Vec<u8>,
    },
    /// A proposal is submitted; its messages run when it passes.
    SubmitProposal {
        /// Messages unfolded, as if sent by the governance account.
        messages: Vec<Message>,
        /// Type URL of the legacy content, where there is one.
        legacy_content: Option<(String, Vec<u8>)>,
    },
    /// A message of another module that we know and leave alone.
    Bystander,
    /// A type that this decoder has never heard of: counted and stored, never fatal.
    Unknown {
        /// Protobuf bytes.
        value: Vec<u8>,
    },
}

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
    /// `akash.bme.v1.*`: the JSON fields as served, keyed by field name.
    Bme {
        /// Name without package, such as `EventLedgerRecordExecuted`.
        name: String,
        /// Fields.
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// `akash.oracle.v1.*` and `akash.oracle.v2.*`, likewise.
    Oracle {
        /// `1` or `2`.
        version: u32,
        /// Name without package, such as `EventAggregatedPrice`.
        name: String,
        /// Fields.
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

/// The chain software whose rules are in force at a height. Ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Version {
    /// Up to v0.38.x: legacy events, decimals in escrow.
    V0_38,
    /// v1.0.x.
    V1_0,
    /// v1.1.x.
    V1_1,
    /// v1.2.x.
    V1_2,
    /// v2.0.x: BME.
    V2_0,
    /// v2.1.x: oracle v2, reclamation.
    V2_1,
}
