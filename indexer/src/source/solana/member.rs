//! One endpoint as the pool uses it: checked for its cluster and its mint before anything is asked of it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::rpc::{BlockDetail, SolanaRpc};
use super::token;
use crate::source::pool::Client;
use crate::source::{FetchError, NodeStatus};

/// An endpoint is checked again after this time: an address may be given to another node.
const RECHECK: Duration = Duration::from_secs(600);

/// What every endpoint of a source must agree with.
#[derive(Debug)]
pub(super) struct Expected {
    /// Genesis hash: the configured one, or that of the first endpoint that answered.
    pub(super) genesis: OnceLock<String>,
    pub(super) mint: String,
    pub(super) decimals: u8,
}

/// An endpoint of a source.
#[derive(Clone, Debug)]
pub(super) struct Member<R> {
    pub(super) rpc: R,
    expected: Arc<Expected>,
    checked: Arc<Mutex<Option<(Instant, String)>>>,
}

impl<R: SolanaRpc> Member<R> {
    pub(super) fn new(rpc: R, expected: Arc<Expected>) -> Self {
        Self {
            rpc,
            expected,
            checked: Arc::default(),
        }
    }

    /// The node's version, after a look at its cluster and its mint where the last one is too old.
    async fn check(&self) -> Result<String, FetchError> {
        let last = self.checked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, version)) = last.filter(|(at, _)| at.elapsed() < RECHECK) {
            return Ok(version);
        }
        let got = self.rpc.genesis_hash().await?;
        self.same_cluster(got)?;
        self.check_mint().await?;
        let version = self.rpc.version().await?;
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), version.clone()));
        Ok(version)
    }

    fn same_cluster(&self, got: String) -> Result<(), FetchError> {
        let expected = self.expected.genesis.get_or_init(|| got.clone());
        if *expected == got {
            return Ok(());
        }
        Err(FetchError::WrongChain {
            endpoint: self.rpc.name().to_owned(),
            expected: expected.clone(),
            got,
        })
    }

    async fn check_mint(&self) -> Result<(), FetchError> {
        let mint = &self.expected.mint;
        let answer = self.rpc.accounts(std::slice::from_ref(mint)).await?;
        let wrong = |reason: String| FetchError::Permanent {
            endpoint: self.rpc.name().to_owned(),
            reason,
            source: None,
        };
        let account = answer.accounts.into_iter().flatten().next();
        let account =
            account.ok_or_else(|| wrong(format!("there is no account {mint}: is the mint of another cluster?")))?;
        let read = token::read_mint(&account).map_err(|why| wrong(format!("{mint} is not a mint: {why}")))?;
        if read.decimals == self.expected.decimals {
            return Ok(());
        }
        let (has, want) = (read.decimals, self.expected.decimals);
        Err(wrong(format!(
            "{mint} has {has} decimals, the configuration says {want}: every amount would be wrong"
        )))
    }
}

impl<R: SolanaRpc> Client for Member<R> {
    fn name(&self) -> &str {
        self.rpc.name()
    }

    fn chain_id(&self) -> &str {
        self.expected.genesis.get().map_or("(not known yet)", String::as_str)
    }

    async fn status(&self) -> Result<NodeStatus, FetchError> {
        let version = self.check().await?;
        let tip = self.rpc.slot(None).await?;
        let floor = self.rpc.first_available_block().await?;
        Ok(NodeStatus {
            tip,
            floor,
            version,
            catching_up: false,
        })
    }

    /// The node has the block of that slot, or else answers for the state after it: that is all that lists need.
    async fn serves(&self, slot: u64) -> Result<(), FetchError> {
        match self.rpc.block(slot, BlockDetail::Links).await {
            Err(FetchError::SlotSkipped { .. }) => self.rpc.slot(Some(slot)).await.map(drop),
            outcome => outcome.map(drop),
        }
    }
}
