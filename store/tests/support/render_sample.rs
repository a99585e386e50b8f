//! A small economy of three epochs, indexed: the numbers that tests compute by hand.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use super::render::{Chain, GENESIS_MS, MINT, Stand, Tx, burn, mint, pay, transfer, tx};
use gridproof_store::reference::{EpochBoundaryRow, WatchAccountRow, publish_list};

const WORK: &str = "node_work_reward";
const AVAILABILITY: &str = "availability_reward";
const COMPUTE: &str = "compute_reward";

/// Epoch 1 is slots 100 to 199, and so on.
fn epoch(slot: u64) -> Option<u32> {
    u32::try_from(slot / 100).ok().filter(|epoch| *epoch > 0)
}

/// Three epochs with everything that a view has to tell apart. Balances at the end: treasury 400, payout 365, x 155,
/// y 50, z 10, market 70, burner 0; minted 1,300, burned 250.
pub fn chain() -> Chain {
    let txs = vec![
        tx(110, "s01", &[mint("emission_mint", "treasury", 1_000)]),
        tx(120, "s02", &[transfer("treasury", "treasury", "payout", 600)]),
        // Two transactions of one slot whose signatures are in the other order than they ran.
        tx(130, "s04", &[pay(WORK, "payout", "x", 100, 1)]),
        tx(130, "s03", &[pay(WORK, "payout", "y", 50, 1)]),
        tx(140, "s05", &[mint("upgrade_mint", "market", 300)]),
        tx(150, "s06", &[transfer("job_payment", "market", "burner", 200)]),
        tx(160, "s07", &[burn("job_burn", "burner", 150)]),
        tx(210, "s08", &[pay(WORK, "payout", "x", 70, 1)]),
        Tx {
            closes: vec!["burner"],
            ..tx(220, "s09", &[burn("job_burn", "burner", 50)])
        },
        // Opened again and emptied within one slot.
        tx(230, "s10", &[transfer("job_payment", "market", "burner", 30)]),
        tx(230, "s11", &[burn("job_burn", "burner", 30)]),
        tx(240, "s12", &[burn("other_burn", "x", 20)]),
        tx(
            310,
            "s13",
            &[
                pay(AVAILABILITY, "payout", "z", 10, 2),
                pay(COMPUTE, "payout", "x", 5, 2),
            ],
        ),
    ];
    Chain {
        txs,
        watched: vec!["burner", "payout", "treasury"],
        asked: vec![MINT, "burner", "payout", "treasury"],
        epoch,
    }
}

pub fn boundary(epoch: u32) -> EpochBoundaryRow {
    let from = u64::from(epoch) * 100;
    EpochBoundaryRow {
        epoch,
        starts_at: GENESIS_MS + 1000 * from as i64,
        ends_at: GENESIS_MS + 1000 * (from as i64 + 100),
        from_slot: Some(from),
        to_slot: Some(from + 99),
        basis: "recording".into(),
    }
}

pub fn watched(address: &str, role: &str) -> WatchAccountRow {
    WatchAccountRow {
        address: address.into(),
        owner: String::new(),
        role: role.into(),
        subnet: String::new(),
        label: String::new(),
        watch_evidence: "test".into(),
        valid_from_slot: 0,
        valid_to_slot: None,
    }
}

/// The chain above, indexed in three ranges, the middle one last.
pub async fn indexed(network: &str) -> Stand {
    let stand = Stand::new(network, 100).await;
    let boundaries: Vec<_> = (1..=4).map(boundary).collect();
    publish_list(&stand.client, network, &boundaries).await.unwrap();
    publish_list(&stand.client, network, &[watched(MINT, "mint")])
        .await
        .unwrap();
    for (from, to) in [(300, 399), (100, 199), (200, 299)] {
        stand.index(&chain(), from, to).await;
    }
    stand
}
