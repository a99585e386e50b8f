//! What the incumbent counts as spent against what providers got, the difference explained term by term.
//!
//! ```text
//! accrued = net + take + in escrow + lost + cut and uncovered + not yet settled - paid and not stored
//!         + this block + leases without a payment - zombies + ghosts (+ migrated, in the blocks of upgrades)
//! ```
//! Every term is measured from the state or its output, at every height of every recording.

use crate::chain::akash::dec::Dec;
use crate::chain::akash::model::{LeaseId, Version};
use crate::chain::akash::state::escrow::{Account, AccountId, AccountState, Escrow, Scope};
use crate::chain::akash::state::tests::replay::replay;
use crate::chain::akash::state::{State, StateOutput};
use std::collections::BTreeMap;

/// Amounts by denomination, scaled by 10^18.
type Sums = BTreeMap<String, i128>;

fn add(sums: &mut Sums, denom: &str, amount: i128) {
    *sums.entry(denom.to_owned()).or_default() += amount;
}

/// All terms at the end of a height.
#[derive(Default, Debug, Clone)]
struct Terms {
    /// What providers got, and the community pool.
    net: Sums,
    take: Sums,
    /// Settled and not paid out: balances of payments.
    in_escrow: Sums,
    /// Left the tenant's account and reached nobody.
    lost: Sums,
    /// Dues by rate and blocks of all settlements, less what moved: cut to whole units, or no money there.
    uncovered: Sums,
    /// Rate by blocks since the last settlement.
    not_yet: Sums,
    /// v1.0 paid without storing it, so the same dues stand as not yet settled.
    paid_unstored: Sums,
    /// The incumbent counts a lease in the block of its creation, the chain from the next one on.
    this_block: Sums,
    /// Running leases without an open payment, less open payments without a running lease.
    unpaired: Sums,
    /// Running on the chain, out of the incumbent's books: their money is used up.
    zombies: Sums,
    /// In the books, over on the chain.
    ghosts: Sums,
    /// What upgrades rewrote: only in their blocks.
    migrated: Sums,
    previous: Option<(Escrow, Sums, Sums)>,
}

fn transferred(account: &Account) -> Sums {
    let mut sums = Sums::new();
    for line in &account.transferred {
        add(&mut sums, &line.denom, line.amount.scaled());
    }
    if let Some(legacy) = &account.legacy {
        add(&mut sums, &legacy.denom, legacy.transferred.scaled());
    }
    sums
}

/// Rates of the open payments of an open account, by denomination.
fn rates(escrow: &Escrow, id: &AccountId) -> Sums {
    let mut sums = Sums::new();
    let open = escrow.accounts[id].state == AccountState::Open;
    let payments = escrow
        .payments
        .iter()
        .filter(|(payment, _)| open && payment.account == id.xid);
    for (_, payment) in payments.filter(|(_, payment)| payment.state == AccountState::Open) {
        add(&mut sums, &payment.rate.denom, payment.rate.amount.scaled());
    }
    sums
}

fn deployments(escrow: &Escrow) -> impl Iterator<Item = (&AccountId, &Account)> {
    escrow.accounts.iter().filter(|(id, _)| id.scope == Scope::Deployment)
}

/// Denomination and price of leases.
type Prices = BTreeMap<LeaseId, (String, i128)>;

/// Leases that run on the chain, and those in the books.
fn running(state: &State) -> (Prices, Prices) {
    let leases = state.market.leases.iter().filter(|(_, lease)| !lease.is_over());
    let chain = leases.map(|(id, lease)| (id.clone(), (lease.price.denom.clone(), lease.price.amount.scaled())));
    let mut books = Prices::new();
    for account in state.accrual.as_ref().unwrap().accounts.values() {
        for (id, lease) in account
            .leases
            .iter()
            .filter(|(_, lease)| lease.predicted_close > state.height)
        {
            books.insert(id.clone(), (account.denom.clone(), lease.price.scaled()));
        }
    }
    (chain.collect(), books)
}

impl Terms {
    fn take_in(&mut self, state: &State, out: &StateOutput) {
        for payout in &out.payouts {
            let units = |amount| Dec::from_units(amount).unwrap().scaled();
            add(&mut self.net, &payout.denom, units(payout.gross - payout.take_fee));
            add(&mut self.take, &payout.denom, units(payout.take_fee));
            add(&mut self.paid_unstored, &payout.denom, units(payout.gross));
        }
        let gone = |why: &str| why != "account_closed_twice_settled";
        for lost in out.lost.iter().filter(|lost| gone(lost.why)) {
            add(&mut self.lost, &lost.amount.denom, lost.amount.amount.scaled());
        }
        self.settlements(state);
        self.leases(state);
    }

    fn settlements(&mut self, state: &State) {
        let (mut held, mut not_yet, mut withdrawn) = (Sums::new(), Sums::new(), Sums::new());
        for payment in state.escrow.payments.values() {
            add(&mut held, &payment.balance.denom, payment.balance.amount.scaled());
            let units = Dec::from_units(payment.withdrawn.amount).unwrap();
            add(&mut withdrawn, &payment.withdrawn.denom, units.scaled());
        }
        let mut open_rates = Sums::new();
        for (id, account) in deployments(&state.escrow) {
            for (denom, rate) in rates(&state.escrow, id) {
                add(
                    &mut not_yet,
                    &denom,
                    rate * i128::from(state.height - account.settled_at),
                );
                add(&mut open_rates, &denom, rate);
            }
        }
        if let Some((before, _, paid)) = self.previous.take() {
            for (denom, amount) in &withdrawn {
                add(&mut self.paid_unstored, denom, paid.get(denom).unwrap_or(&0) - amount);
            }
            self.moved(&before, &state.escrow);
        }
        (self.in_escrow, self.not_yet) = (held, not_yet);
        self.previous = Some((state.escrow.clone(), open_rates, withdrawn));
    }

    fn moved(&mut self, before: &Escrow, now: &Escrow) {
        for (id, account) in deployments(now) {
            let old = before.accounts.get(id);
            for (denom, amount) in transferred(account) {
                let had = old
                    .and_then(|old| transferred(old).get(&denom).copied())
                    .unwrap_or_default();
                add(&mut self.uncovered, &denom, had - amount);
            }
            let blocks = old.map_or(0, |old| account.settled_at - old.settled_at);
            if blocks > 0 {
                for (denom, rate) in rates(before, id) {
                    add(&mut self.uncovered, &denom, rate * i128::from(blocks));
                }
            }
        }
    }

    fn leases(&mut self, state: &State) {
        let (chain, books) = running(state);
        // Of the block before: what was ahead then is due now.
        for (denom, rate) in std::mem::take(&mut self.this_block) {
            add(&mut self.unpaired, &denom, rate);
        }
        for (id, (denom, price)) in &chain {
            add(&mut self.this_block, denom, *price);
            if books.get(id) != Some(&(denom.clone(), *price)) {
                add(&mut self.zombies, denom, *price);
            }
        }
        for (id, (denom, price)) in &books {
            if chain.get(id) != Some(&(denom.clone(), *price)) {
                add(&mut self.ghosts, denom, *price);
            }
        }
    }

    /// What no term explains.
    fn rest(&self, state: &State) -> Sums {
        let mut rest = Sums::new();
        for (denom, spending) in &state.accrual.as_ref().unwrap().spending {
            add(&mut rest, denom, spending.spent.scaled());
        }
        let plus = [
            &self.net,
            &self.take,
            &self.in_escrow,
            &self.lost,
            &self.uncovered,
            &self.not_yet,
            &self.this_block,
            &self.unpaired,
            &self.ghosts,
            &self.migrated,
        ];
        for (denom, amount) in plus.into_iter().flatten() {
            add(&mut rest, denom, -amount);
        }
        for (denom, amount) in [&self.zombies, &self.paid_unstored].into_iter().flatten() {
            add(&mut rest, denom, *amount);
        }
        rest.retain(|_, amount| *amount != 0);
        rest
    }
}

/// Replays a recording and checks the identity at every height but those of `upgrades`; the terms at the end.
fn explained(recording: &str, upgrades: &[u64]) -> Terms {
    let mut terms = Terms::default();
    replay(recording, |state, _, out| {
        // What was due at the rates of the block before is no lease without a payment.
        if let Some((_, open_rates, _)) = &terms.previous {
            for (denom, rate) in open_rates.clone() {
                add(&mut terms.unpaired, &denom, -rate);
            }
        }
        let upgraded = upgrades.contains(&state.height);
        terms.take_in(state, out);
        if upgraded {
            for (denom, amount) in terms.rest(state) {
                add(&mut terms.migrated, &denom, amount);
            }
        }
        assert_eq!(
            terms.rest(state),
            Sums::new(),
            "{recording} at {}: {terms:#?}",
            state.height
        );
        // From v1.1.0 on what is not covered is kept as a debt; all else was cut to whole units.
        if state.rules.starts_on >= Version::V1_1 {
            let owed = state
                .escrow
                .payments
                .values()
                .map(|payment| payment.unsettled.amount.scaled());
            let cut = terms.uncovered.values().sum::<i128>() - owed.sum::<i128>();
            let settlements = state.height as i128 * state.escrow.payments.len() as i128;
            assert!(
                (0..=settlements * crate::chain::akash::dec::ONE).contains(&cut),
                "{recording} {cut}"
            );
        }
    });
    terms
}

fn units(sums: &Sums, denom: &str) -> String {
    Dec::from_scaled(sums.get(denom).copied().unwrap_or_default()).to_string()
}

fn show(recording: &str, terms: &Terms) {
    for denom in terms
        .this_block
        .keys()
        .chain(terms.net.keys())
        .collect::<std::collections::BTreeSet<_>>()
    {
        let terms = [
            ("net", &terms.net),
            ("take", &terms.take),
            ("in escrow", &terms.in_escrow),
            ("lost", &terms.lost),
            ("cut and uncovered", &terms.uncovered),
            ("not yet settled", &terms.not_yet),
            ("paid and not stored", &terms.paid_unstored),
            ("this block", &terms.this_block),
            ("unpaired", &terms.unpaired),
            ("zombies", &terms.zombies),
            ("ghosts", &terms.ghosts),
            ("migrated", &terms.migrated),
        ];
        for (name, sums) in terms {
            println!("{recording} {denom} {name}: {}", units(sums, denom));
        }
    }
}

#[test]
fn on_v2_1_nothing_is_left_unexplained() {
    let terms = explained("akash-gridlocal-1", &[]);
    show("akash-gridlocal-1", &terms);
    assert_eq!(
        units(&terms.take, "uact"),
        units(&Sums::new(), "uact"),
        "v2 takes nothing"
    );
    assert!(terms.lost["uact"] > 0 && terms.zombies["uact"] > 0 && terms.uncovered["uact"] > 0);
}

#[test]
fn on_v1_2_the_take_is_a_term() {
    let terms = explained("akash-gridlocal-v12", &[]);
    show("akash-gridlocal-v12", &terms);
    assert!(terms.take["uakt"] > 0 && terms.lost["uakt"] > 0);
}

#[test]
fn on_v0_38_nothing_is_lost_and_no_debt_is_kept() {
    let terms = explained("akash-gridlocal-v038", &[]);
    show("akash-gridlocal-v038", &terms);
    assert!(terms.lost.values().all(|amount| *amount == 0) && terms.take["uakt"] > 0);
}

#[test]
fn through_every_upgrade_only_the_blocks_that_rewrite_amounts_need_a_term_of_their_own() {
    // The repair of v1.1.0, axlUSDC and AKT into ACT.
    let terms = explained("akash-gridlocal-all", &[179, 358, 362]);
    show("akash-gridlocal-all", &terms);
    assert!(
        terms.paid_unstored.values().any(|amount| *amount > 0),
        "v1.0 paid without storing it"
    );
}
