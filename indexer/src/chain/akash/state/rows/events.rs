//! Rows of what the machine observes of itself: payouts, repricings, lost dues, stranded deposits, audits.

use super::Writer;
use crate::chain::akash::model::{BidId, DeploymentId};
use crate::chain::akash::state::audit::Audit;
use crate::chain::akash::state::output::{LostDue, Payout, Place, Repriced, StateOutput, Stranded};
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use gridproof_store::row_binary::EncodeError;
use serde::Serialize;

/// Declares a row that begins with the key of a lease or bid.
macro_rules! keyed_row {
    ($(#[$doc:meta])* $name:ident, $table:literal, $($field:ident: $kind:ty,)*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Row, Serialize)]
        pub struct $name {
            owner: String,
            dseq: u64,
            gseq: u32,
            oseq: u32,
            provider: String,
            bseq: u32,
            $($field: $kind,)*
        }

        impl TableRow for $name {
            const TABLE: &'static str = $table;
        }

        impl $name {
            fn keyed(id: &BidId) -> Self {
                let DeploymentId { owner, dseq } = id.order.group.deployment.clone();
                let (gseq, oseq) = (id.order.group.gseq, id.order.oseq);
                let (provider, bseq) = (id.provider.clone(), id.bseq);
                Self { owner, dseq, gseq, oseq, provider, bseq, ..Self::default() }
            }
        }
    };
}

keyed_row! {
    /// Row of `lease_payouts`: whole units; `gross` is what the lease's payment gave, `net` what its provider got.
    LeasePayoutRow, "lease_payouts",
    gross: u128,
    take_fee: u128,
    net: u128,
    denom: String,
}

keyed_row! {
    /// Row of `lease_repriced`; prices scaled by 10^18, `akt_price` in new units for one old.
    LeaseRepricedRow, "lease_repriced",
    old_denom: String,
    old_price: i128,
    new_denom: String,
    new_price: i128,
    akt_price: i128,
}

keyed_row! {
    /// Row of `lost_dues`: left a tenant's account for a lease and reached nobody; scaled by 10^18.
    LostDueRow, "lost_dues",
    amount: i128,
    denom: String,
    why: &'static str,
}

keyed_row! {
    /// Row of `stranded_deposits`: the deposit of a losing bid that the chain left open (`released` 0), and its
    /// release (`released` 1).
    StrandedDepositRow, "stranded_deposits",
    amount: u128,
    denom: String,
    released: u8,
}

/// Row of `settlement_audit`.
#[derive(Clone, Debug, Default, Row, Serialize)]
pub struct SettlementAuditRow {
    subject: &'static str,
    expected: String,
    observed: String,
    ok: u8,
}

impl TableRow for SettlementAuditRow {
    const TABLE: &'static str = "settlement_audit";
}

impl From<&Payout> for LeasePayoutRow {
    fn from(payout: &Payout) -> Self {
        let net = payout.gross - payout.take_fee;
        Self {
            gross: payout.gross.unsigned_abs(),
            take_fee: payout.take_fee.unsigned_abs(),
            net: net.unsigned_abs(),
            denom: payout.denom.clone(),
            ..Self::keyed(&payout.lease)
        }
    }
}

impl From<&Repriced> for LeaseRepricedRow {
    fn from(repriced: &Repriced) -> Self {
        Self {
            old_denom: repriced.old.denom.clone(),
            old_price: repriced.old.amount.scaled(),
            new_denom: repriced.new.denom.clone(),
            new_price: repriced.new.amount.scaled(),
            akt_price: repriced.rate.scaled(),
            ..Self::keyed(&repriced.lease)
        }
    }
}

impl From<&LostDue> for LostDueRow {
    fn from(lost: &LostDue) -> Self {
        let amount = lost.amount.amount.scaled();
        Self {
            amount,
            denom: lost.amount.denom.clone(),
            why: lost.why,
            ..Self::keyed(&lost.lease)
        }
    }
}

impl From<&Stranded> for StrandedDepositRow {
    fn from(stranded: &Stranded) -> Self {
        Self {
            amount: stranded.deposit.amount.unsigned_abs(),
            denom: stranded.deposit.denom.clone(),
            released: u8::from(stranded.released),
            ..Self::keyed(&stranded.bid)
        }
    }
}

impl From<&Audit> for SettlementAuditRow {
    fn from(audit: &Audit) -> Self {
        let (expected, observed) = (audit.expected.clone(), audit.observed.clone());
        Self {
            subject: audit.subject,
            expected,
            observed,
            ok: u8::from(audit.ok),
        }
    }
}

impl Writer<'_> {
    /// Writes the rows that are no objects.
    pub(super) fn events(&mut self, out: &StateOutput) -> Result<(), EncodeError> {
        for payout in &out.payouts {
            self.event(payout.place, &LeasePayoutRow::from(payout))?;
        }
        for repriced in &out.repriced {
            self.event(repriced.place, &LeaseRepricedRow::from(repriced))?;
        }
        for lost in &out.lost {
            self.event(lost.place, &LostDueRow::from(lost))?;
        }
        for stranded in &out.stranded {
            self.event(stranded.place, &StrandedDepositRow::from(stranded))?;
        }
        for audit in &out.audits {
            self.event(Place::End, &SettlementAuditRow::from(audit))?;
        }
        Ok(())
    }

    fn event<T: TableRow>(&mut self, place: Place, row: &T) -> Result<(), EncodeError> {
        let identity = self.identity(place);
        self.batch.push(&identity, row)
    }
}
