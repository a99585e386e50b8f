//! Methods about accounts and tokens, answered as of the slot of the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::account::{Account, Encoding, Slice, ui_amount};
use super::error::RpcError;
use super::ledger::Holding;
use super::node::{Node, Outcome, View};
use super::params::{Options, Params};

/// Accounts of one `getMultipleAccounts`.
const MAX_ACCOUNTS: usize = 100;
/// Accounts that `getTokenLargestAccounts` names.
const LARGEST: usize = 20;
/// Filters of one `getProgramAccounts`.
const MAX_FILTERS: usize = 4;
/// Characters of the bytes to compare with in one filter.
const MAX_FILTER_CHARS: usize = 175;

impl Node {
    /// `getTokenSupply`.
    pub(super) fn token_supply(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let mint = params.address(0)?;
        let slot = self.context_slot(params, 1, view)?;
        let (supply, decimals) = self.mint_at(mint, slot)?;
        Ok(self.with_context(slot, &ui_amount(supply, decimals)))
    }

    /// Supply and decimals of a mint that exists at `slot`.
    fn mint_at(&self, mint: &str, slot: u64) -> Result<(u64, u8), RpcError> {
        let known = self.recording.ledger.program(mint).is_some();
        if !known || !self.exists(mint, slot) {
            let missing = RpcError::params("Invalid param: could not find account");
            let other = RpcError::params("Invalid param: not a Token mint");
            let is_account = self.recording.ledger.holding(mint, slot).is_some();
            return Err(if is_account { other } else { missing });
        }
        let supply = self.recording.ledger.supply(mint, slot);
        supply.ok_or_else(|| RpcError::internal(format!("the recorded balances of {mint} contradict each other")))
    }

    /// Whether any transaction up to `slot` names an address; one that none names was there before.
    fn exists(&self, address: &str, slot: u64) -> bool {
        let first = self.recording.by_address.get(address).and_then(|list| list.first());
        let first = first.and_then(|id| self.recording.transactions.get(*id as usize));
        first.is_none_or(|first| first.slot <= slot)
    }

    /// `getTokenLargestAccounts`.
    pub(super) fn largest(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let mint = params.address(0)?;
        let slot = self.context_slot(params, 1, view)?;
        let (_, decimals) = self.mint_at(mint, slot)?;
        let mut accounts: Vec<(u64, &str)> = self
            .recording
            .ledger
            .holdings(slot)
            .filter(|(_, holding)| holding.mint == mint)
            .map(|(address, holding)| (holding.amount, address))
            .collect();
        accounts.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(right.1)));
        accounts.truncate(LARGEST);
        let show = |(amount, address): (u64, &str)| {
            let mut shown = ui_amount(amount, decimals);
            shown["address"] = address.into();
            shown
        };
        Ok(self.with_context(slot, &accounts.into_iter().map(show).collect()))
    }

    /// `getTokenAccountBalance`.
    pub(super) fn token_balance(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let address = params.address(0)?;
        let slot = self.context_slot(params, 1, view)?;
        let holding = self.recording.ledger.holding(address, slot);
        let holding = holding.ok_or_else(|| RpcError::params("Invalid param: could not find account"))?;
        Ok(self.with_context(slot, &ui_amount(holding.amount, holding.decimals)))
    }

    /// `getAccountInfo`: null where there is none.
    pub(super) fn account_info(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let address = params.address(0)?;
        let slot = self.context_slot(params, 1, view)?;
        let options = params.options(1)?;
        let shown = self.show(address, slot, options.encoding()?, options.slice()?)?;
        Ok(self.with_context(slot, &shown))
    }

    /// `getMultipleAccounts`.
    pub(super) fn multiple_accounts(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let addresses = params.addresses(0, MAX_ACCOUNTS)?;
        let slot = self.context_slot(params, 1, view)?;
        let options = params.options(1)?;
        let encoding = match options.encoding()? {
            Encoding::Binary => Encoding::Base64,
            named => named,
        };
        let slice = options.slice()?;
        let show = |address: &str| self.show(address, slot, encoding, slice);
        let shown: Result<Vec<Value>, RpcError> = addresses.into_iter().map(show).collect();
        Ok(self.with_context(slot, &shown?.into()))
    }

    fn show(&self, address: &str, slot: u64, encoding: Encoding, slice: Option<Slice>) -> Result<Value, RpcError> {
        match self.account_at(address, slot) {
            Some((account, decimals)) => account.show(encoding, slice, decimals),
            None => Ok(Value::Null),
        }
    }

    /// An account after a slot, with the decimals of its mint.
    fn account_at(&self, address: &str, slot: u64) -> Option<(Account, u8)> {
        let recorded = self.recording.accounts.get(address);
        let ledger = &self.recording.ledger;
        if let Some(holding) = ledger.holding(address, slot) {
            return Some((Account::of_holding(&holding, recorded), holding.decimals));
        }
        if let Some((program, decimals)) = ledger.program(address) {
            let supply = ledger.supply(address, slot)?;
            let exists = self.exists(address, slot);
            return exists.then(|| (Account::of_mint(program, decimals, supply.0, recorded), decimals));
        }
        let is_token_account = ledger.knows(address);
        recorded
            .filter(|_| !is_token_account && self.exists(address, slot))
            .map(|recorded| (recorded.clone(), 0))
    }

    /// `getTokenAccountsByOwner`.
    pub(super) fn by_owner(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(3)?;
        let owner = params.address(0)?;
        let filter = params.options(1)?;
        let (mint, program) = (filter.address("mint")?, filter.address("programId")?);
        if mint.is_some() == program.is_some() {
            return Err(RpcError::params("Invalid params: give either `mint` or `programId`."));
        }
        let slot = self.context_slot(params, 2, view)?;
        if let Some(mint) = mint {
            self.mint_at(mint, slot)?;
        }
        let options = params.options(2)?;
        let wanted = |holding: &Holding| {
            holding.owner == owner
                && mint.is_none_or(|mint| holding.mint == mint)
                && program.is_none_or(|program| holding.program == program)
        };
        let shown = self.keyed(slot, options, wanted, |_| true)?;
        Ok(self.with_context(slot, &shown.into()))
    }

    /// `getProgramAccounts` of a token program.
    pub(super) fn program_accounts(&self, params: Params<'_>, view: View) -> Outcome {
        params.at_most(2)?;
        let program = params.address(0)?;
        let slot = self.context_slot(params, 1, view)?;
        let options = params.options(1)?;
        let filters = filters(options)?;
        let matches = |account: &Account| filters.iter().all(|filter| filter.matches(&account.data));
        let mut shown = self.keyed(slot, options, |holding| holding.program == program, matches)?;
        let mint = self.recording.mint.as_str();
        if let Some((account, decimals)) = self.account_at(mint, slot)
            && account.owner == program
            && matches(&account)
        {
            let account = account.show(options.encoding()?, options.slice()?, decimals)?;
            shown.push(json!({"account": account, "pubkey": mint}));
        }
        match options.flag("withContext")? {
            true => Ok(self.with_context(slot, &shown.into())),
            false => Ok(Value::from(shown).to_string()),
        }
    }

    /// Token accounts with their keys.
    fn keyed(
        &self,
        slot: u64,
        options: Options<'_>,
        wanted: impl Fn(&Holding) -> bool,
        matches: impl Fn(&Account) -> bool,
    ) -> Result<Vec<Value>, RpcError> {
        let (encoding, slice) = (options.encoding()?, options.slice()?);
        let mut shown = Vec::new();
        for (address, holding) in self.recording.ledger.holdings(slot) {
            if !wanted(&holding) {
                continue;
            }
            let account = Account::of_holding(&holding, self.recording.accounts.get(address));
            if matches(&account) {
                let account = account.show(encoding, slice, holding.decimals)?;
                shown.push(json!({"account": account, "pubkey": address}));
            }
        }
        Ok(shown)
    }
}

/// A condition on an account's bytes.
enum Filter {
    Size(u64),
    Bytes { offset: usize, bytes: Vec<u8> },
    TokenAccount,
}

impl Filter {
    fn matches(&self, data: &[u8]) -> bool {
        match self {
            Self::Size(size) => data.len() as u64 == *size,
            Self::Bytes { offset, bytes } => data.get(*offset..).is_some_and(|rest| rest.starts_with(bytes)),
            Self::TokenAccount => data.len() >= super::account::TOKEN_ACCOUNT_BYTES,
        }
    }
}

fn filters(options: Options<'_>) -> Result<Vec<Filter>, RpcError> {
    let list = options.list("filters")?;
    if list.len() > MAX_FILTERS {
        return Err(RpcError::params(format!(
            "Too many filters provided; max {MAX_FILTERS}"
        )));
    }
    list.iter().map(filter).collect()
}

fn filter(value: &Value) -> Result<Filter, RpcError> {
    let options = Options::of(value);
    if let Some(size) = options.number("dataSize")? {
        return Ok(Filter::Size(size));
    }
    if value == "tokenAccountState" || value.get("tokenAccountState").is_some() {
        return Ok(Filter::TokenAccount);
    }
    let missing = || RpcError::params("Invalid params: a filter is `dataSize`, `memcmp` or `tokenAccountState`.");
    let compare = Options::of(value.get("memcmp").ok_or_else(missing)?);
    let offset = compare.number("offset")?.ok_or_else(missing)?;
    let text = compare.text("bytes")?.ok_or_else(missing)?;
    let invalid = || RpcError::params("Invalid param: unable to read the bytes of a filter");
    if text.len() > MAX_FILTER_CHARS {
        return Err(invalid());
    }
    let bytes = match compare.text("encoding")? {
        None | Some("base58") => bs58::decode(text).into_vec().map_err(|_| invalid())?,
        Some("base64") => STANDARD.decode(text).map_err(|_| invalid())?,
        Some(_) => return Err(invalid()),
    };
    Ok(Filter::Bytes {
        offset: usize::try_from(offset).unwrap_or(usize::MAX),
        bytes,
    })
}
