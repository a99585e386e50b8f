//! The predicted close against the machine itself: settled at every later height, an account is first
//! found overdrawn at exactly the height that was predicted.

use super::replay::replay;
use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{Block, Version};
use crate::chain::akash::state::State;
use crate::chain::akash::state::escrow::{AccountId, AccountState, PaymentId, Scope};
use crate::chain::akash::state::flow::Flow;
use crate::chain::akash::state::funding::Funding;
use crate::chain::akash::state::ledger::TakeParams;
use crate::chain::akash::state::machine::{BlockContext, Machine};
use crate::chain::akash::state::output::{ObjectKey, Place, StateOutput};
use crate::chain::akash::testing::RECORDINGS;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the account is found overdrawn when its provider withdraws at this height, after nothing but
/// empty blocks.
fn overdrawn_at(state: &State, version: Version, payment: &PaymentId, height: u64) -> bool {
    let (mut market, mut escrow) = (state.market.clone(), state.escrow.clone());
    let (mut out, take) = (StateOutput::default(), TakeParams::default());
    let mut machine = Machine {
        block: BlockContext {
            version,
            height,
            time_unix_s: 0,
            time_unix_ms: 0,
            take: &take,
            akt_fallback: None,
        },
        market: &mut market,
        escrow: &mut escrow,
        out: &mut out,
        place: Place::Begin,
        flow: Flow::default(),
    };
    machine.payment_withdraw(payment).unwrap();
    escrow.accounts[&payment.account_id()].state == AccountState::Overdrawn
}

/// Open deployments' accounts with a payment that is open, and what is predicted for them.
fn running(state: &State) -> Vec<(AccountId, PaymentId, Funding)> {
    let accounts = state.escrow.accounts.iter();
    let open = accounts.filter(|(id, account)| id.scope == Scope::Deployment && account.state == AccountState::Open);
    let with_payment = |(id, _): (&AccountId, _)| {
        let mut payments = state.escrow.payments.iter();
        let own = payments.find(|(payment, held)| payment.account == id.xid && held.state == AccountState::Open)?;
        Some((id.clone(), own.0.clone(), state.funding(id).unwrap()))
    };
    open.filter_map(with_payment).collect()
}

/// Compares one account; whether the two definitions of the predicted close differ.
fn predicted_is_first(
    state: &State,
    version: Version,
    (_, payment, funding): &(AccountId, PaymentId, Funding),
) -> bool {
    let at = format!("{} {version:?} {payment:?}", state.height);
    let close = funding.predicted_close.unwrap();
    let first = funding.settled_at.max(state.height) + 1;
    if close <= first {
        assert!(overdrawn_at(state, version, payment, first), "{at}: {close} is past");
    } else {
        assert!(
            !overdrawn_at(state, version, payment, close - 1),
            "{at}: before {close}"
        );
        assert!(overdrawn_at(state, version, payment, close), "{at}: at {close}");
    }
    funding.console_predicted_close != funding.predicted_close
}

#[test]
fn an_account_is_first_overdrawn_at_the_predicted_height() {
    let (mut checked, mut differ) = (BTreeMap::new(), 0);
    for recording in RECORDINGS {
        replay(recording, |state, _: &Block, _| {
            if state.height % 40 != 7 {
                return;
            }
            for account in running(state) {
                *checked.entry(state.version()).or_insert(0) += 1;
                differ += usize::from(predicted_is_first(state, state.version(), &account));
            }
        });
    }
    let versions: Vec<Version> = checked.keys().copied().collect();
    let all = [
        Version::V0_38,
        Version::V1_0,
        Version::V1_1,
        Version::V1_2,
        Version::V2_0,
        Version::V2_1,
    ];
    assert_eq!(versions, all);
    assert!(checked.values().sum::<i32>() > 400, "{checked:?}");
    assert!(differ > 0, "no state shows that the two definitions differ");
}

/// Every height from the state on, one after the other, without any help from the prediction.
#[test]
fn no_height_before_the_predicted_one_is_overdrawn() {
    let mut scanned = 0;
    for recording in RECORDINGS {
        replay(recording, |state, _, _| {
            if state.height % 150 != 60 {
                return;
            }
            for (_, payment, funding) in running(state) {
                let close = funding.predicted_close.unwrap();
                if close > state.height && close < state.height + 80 {
                    let first = (state.height + 1..).find(|at| overdrawn_at(state, state.version(), &payment, *at));
                    assert_eq!(first, Some(close.max(state.height + 1)), "{recording} {payment:?}");
                    scanned += 1;
                }
            }
        });
    }
    assert!(scanned > 10, "{scanned}");
}

/// The rules cut differently: the same account lasts longer where each due is cut to whole units.
#[test]
fn whole_units_and_decimals_give_different_heights() {
    let mut longer = 0;
    replay("akash-gridlocal-all", |state, _, _| {
        if state.version() != Version::V1_0 || state.height % 10 != 0 {
            return;
        }
        for (id, payment, _) in running(state) {
            let mut later = state.clone();
            later.rules.upgrades = vec![(Version::V1_1, state.height)];
            let rate = Dec::from_scaled(1_999_999_999_999_999_999);
            for (_, held) in later
                .escrow
                .payments
                .iter_mut()
                .filter(|(other, _)| other.account == payment.account)
            {
                held.rate.amount = rate;
            }
            let account = later.escrow.accounts.get_mut(&id).unwrap();
            let money = Dec::from_units(2_001).unwrap();
            account.deposits.truncate(1);
            (account.deposits[0].balance.amount, account.funds[0].amount) = (money, money);
            let mut decimals = later.clone();
            decimals.rules.upgrades = vec![(Version::V1_0, state.height)];
            let (whole, exact) = (later.funding(&id).unwrap(), decimals.funding(&id).unwrap());
            assert!(whole.predicted_close >= exact.predicted_close);
            longer += usize::from(whole.predicted_close > exact.predicted_close);
            for (state, funding) in [(&later, whole), (&decimals, exact)] {
                predicted_is_first(state, state.version(), &(id.clone(), payment.clone(), funding));
            }
        }
    });
    assert!(longer > 0);
}

/// A row is written whenever the prediction changes.
#[test]
fn every_change_of_a_prediction_is_marked() {
    for recording in RECORDINGS {
        let mut before: BTreeMap<AccountId, Funding> = BTreeMap::new();
        replay(recording, |state, _, out| {
            let marked: BTreeSet<&AccountId> = out
                .changed()
                .filter_map(|key| match key {
                    ObjectKey::EscrowFunding(id) => Some(id),
                    _ => None,
                })
                .collect();
            for id in state.escrow.accounts.keys() {
                let Some(funding) = state.funding(id) else { continue };
                let changed = before.insert(id.clone(), funding.clone()) != Some(funding);
                assert!(
                    !changed || marked.contains(id),
                    "{recording} {}: {}",
                    state.height,
                    id.xid
                );
            }
        });
    }
}
