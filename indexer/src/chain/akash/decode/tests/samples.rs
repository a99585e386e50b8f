//! Values read out of the recordings by eye.

use crate::chain::akash::model::{Block, DepositSource, EventBody, MessageBody, Phase};
use crate::chain::akash::proto::MsgBurnMintResponse;
use crate::chain::akash::testing::{blocks, path};
use prost::Message as _;
use serde_json::Value;

fn at(blocks: &[Block], height: u64) -> &Block {
    &blocks[usize::try_from(height).unwrap() - 1]
}

#[test]
fn the_first_price_of_the_feeder() {
    let blocks = blocks("akash-gridlocal-1");
    let block = at(&blocks, 9);
    assert_eq!(
        block.header.hash,
        "218464460AB734B6BCE6082D0399C22557656F6A51D77E8E268C52F493A9B2FA"
    );
    assert_eq!(block.header.time.unix_timestamp_nanos(), 1_795_428_580_393_238_064);
    let tx = &block.txs[0];
    assert_eq!(
        (tx.gas_wanted, tx.gas_used, tx.fee[0].amount, tx.fee[0].denom.as_str()),
        (116_238, 73_948, 2906, "uakt")
    );
    assert_eq!(tx.fee_payer, "akash1zh6yu5lsdw92tn440r6kwdw5t64qpxdgnnx33g");
    let MessageBody::AddPrice {
        denom,
        base_denom,
        price,
        timestamp,
        ..
    } = &tx.messages[0].body
    else {
        panic!("{:?}", tx.messages[0]);
    };
    assert_eq!(
        (denom.as_str(), base_denom.as_str(), price.to_string().as_str()),
        ("akt", "usd", "1.000000000000000000")
    );
    assert_eq!(timestamp.unwrap().unix_timestamp_nanos(), 1_795_428_581_033_697_000);
    let mint = block.events.iter().find_map(|event| match &event.body {
        EventBody::Mint { amount, inflation, .. } => Some((*amount, inflation.as_str(), event.phase)),
        _ => None,
    });
    assert_eq!(mint, Some((2_183_495, "0.130000054877172088", Phase::Begin)));
    let staled = block
        .events
        .iter()
        .find(|event| matches!(&event.body, EventBody::Typed { package, .. } if package.starts_with("akash.oracle.")))
        .unwrap();
    assert_eq!(staled.phase, Phase::End);
}

#[test]
fn upgrade_effects_without_a_mode_stand_at_the_begin_of_the_block() {
    let blocks = blocks("akash-gridlocal-all");
    let closed = at(&blocks, 179)
        .events
        .iter()
        .find(|event| matches!(event.body, EventBody::DeploymentClosed { .. }));
    assert_eq!(closed.unwrap().phase, Phase::Begin);
}

#[test]
fn lease_reasons_come_as_names_and_unknown_ones_as_digits() {
    let mut reasons = std::collections::BTreeSet::new();
    for block in blocks("akash-gridlocal-1") {
        for event in block.txs.iter().flat_map(|tx| &tx.events) {
            if let EventBody::LeaseClosed { reason, .. } = &event.body {
                reasons.insert(reason.clone());
            }
        }
    }
    assert!(reasons.contains("lease_closed_owner") && reasons.contains("lease_closed_reason_insufficient_funds"));
    let odd: Vec<_> = reasons.iter().filter(|reason| reason.parse::<u32>().is_ok()).collect();
    assert_eq!(odd.len(), 1, "one reason is not in the enum: {reasons:?}");
}

#[test]
fn every_mint_and_burn_answers_with_its_record() {
    let file = path("akash-gridlocal-1", "state/860/bme_ledger.json");
    let mut records = 0;
    for block in blocks("akash-gridlocal-1") {
        for message in block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.messages) {
            if let MessageBody::BurnMint {
                owner,
                burn,
                mint_denom,
                ..
            } = &message.body
            {
                let id = MsgBurnMintResponse::decode(message.response.as_slice())
                    .unwrap()
                    .id
                    .unwrap();
                assert_eq!((&id.source, &id.denom, &id.to_denom), (owner, &burn.denom, mint_denom));
                assert_eq!(u64::try_from(id.height).unwrap(), block.header.height);
                records += 1;
            }
        }
    }
    let truth: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let truth = truth.as_array().or_else(|| truth["records"].as_array()).unwrap().len();
    assert_eq!(records, truth);
}

#[test]
fn deposits_name_their_sources_from_v1_on_and_their_depositor_before() {
    let sources = |recording| {
        let mut seen = (0, 0, 0);
        for block in blocks(recording) {
            for message in block.txs.iter().filter(|tx| tx.succeeded()).flat_map(|tx| &tx.messages) {
                let (MessageBody::CreateDeployment { deposit, .. } | MessageBody::AccountDeposit { deposit, .. }) =
                    &message.body
                else {
                    continue;
                };
                seen.0 += usize::from(deposit.sources.contains(&DepositSource::Balance));
                seen.1 += usize::from(deposit.sources.contains(&DepositSource::Grant));
                seen.2 += usize::from(deposit.depositor.is_some());
            }
        }
        seen
    };
    let (balance, grant, depositor) = sources("akash-gridlocal-1");
    assert!(balance > 0 && grant > 0 && depositor == 0);
    let (balance, grant, depositor) = sources("akash-gridlocal-v038");
    assert!(balance == 0 && grant == 0 && depositor > 0);
}

#[test]
fn proposals_hold_the_messages_that_will_run() {
    let mut found = Vec::new();
    let mut outcomes = Vec::new();
    for block in blocks("akash-gridlocal-all") {
        for message in block.txs.iter().flat_map(|tx| &tx.messages) {
            if let MessageBody::SubmitProposal {
                messages,
                legacy_content,
            } = &message.body
            {
                let types = messages.iter().map(|message| message.type_url.clone());
                found.extend(types.chain(legacy_content.iter().map(|(type_url, _)| type_url.clone())));
            }
        }
        for event in &block.events {
            if let EventBody::Proposal { id, result } = &event.body {
                outcomes.push((*id, result.clone()));
            }
        }
    }
    let software = found.iter().filter(|name| name.ends_with("SoftwareUpgrade")).count();
    assert_eq!(software, 4, "{found:?}");
    assert_eq!(
        found
            .iter()
            .filter(|name| name.ends_with("SoftwareUpgradeProposal"))
            .count(),
        1
    );
    assert_eq!(
        outcomes,
        (1..=5).map(|id| (id, "proposal_passed".to_owned())).collect::<Vec<_>>()
    );
}
