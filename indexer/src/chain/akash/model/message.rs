//! Messages: what a signer asks for.

use super::{
    Attribute, BidId, Coin, DecCoin, DeploymentId, GroupId, GroupSpec, LeaseId, ProviderRecord, ResourceOffer,
};
use crate::chain::akash::dec::Dec;
use time::OffsetDateTime;

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
