//! Hostile messages, and the versions that the recordings do not have.

use std::collections::HashSet;

use proptest::prelude::*;
use yellowstone_grpc_proto::geyser::{
    SubscribeUpdateBlockMeta, SubscribeUpdateTransaction, SubscribeUpdateTransactionInfo,
};
use yellowstone_grpc_proto::prelude::*;
use yellowstone_grpc_proto::prost::Message as _;

use super::*;

const FOLLOWED: u8 = 2;

fn key(byte: u8) -> Vec<u8> {
    vec![byte; 32]
}

fn address_of(byte: u8) -> String {
    bs58::encode(key(byte)).into_string()
}

fn followed() -> HashSet<String> {
    HashSet::from([address_of(FOLLOWED)])
}

fn balance(account_index: u32, amount: &str) -> TokenBalance {
    TokenBalance {
        account_index,
        mint: address_of(9),
        owner: address_of(1),
        program_id: String::new(),
        ui_token_amount: Some(UiTokenAmount {
            ui_amount: 1.5,
            decimals: 8,
            amount: amount.to_owned(),
            ui_amount_string: "1.5".to_owned(),
        }),
    }
}

/// A signer, a followed account, a program, and one looked-up account of each kind.
fn sample() -> SubscribeUpdateTransaction {
    let message = Message {
        header: Some(MessageHeader {
            num_required_signatures: 1,
            num_readonly_signed_accounts: 0,
            num_readonly_unsigned_accounts: 1,
        }),
        account_keys: vec![key(1), key(FOLLOWED), key(3)],
        recent_blockhash: key(4),
        instructions: vec![CompiledInstruction {
            program_id_index: 2,
            accounts: vec![0, 1, 4],
            data: vec![12, 0, 255],
        }],
        versioned: true,
        address_table_lookups: vec![MessageAddressTableLookup {
            account_key: key(5),
            writable_indexes: vec![7],
            readonly_indexes: vec![8],
        }],
        config: None,
    };
    let meta = TransactionStatusMeta {
        fee: 5_000,
        pre_balances: vec![1; 5],
        post_balances: vec![u64::MAX; 5],
        inner_instructions: vec![InnerInstructions {
            index: 0,
            instructions: vec![InnerInstruction {
                program_id_index: 2,
                accounts: vec![3],
                data: vec![1],
                stack_height: Some(2),
            }],
        }],
        pre_token_balances: vec![balance(1, "18446744073709551615")],
        post_token_balances: vec![balance(4, "0")],
        loaded_writable_addresses: vec![key(6)],
        loaded_readonly_addresses: vec![key(7)],
        return_data: Some(ReturnData {
            program_id: key(3),
            data: vec![1, 2],
        }),
        compute_units_consumed: Some(77),
        ..Default::default()
    };
    SubscribeUpdateTransaction {
        slot: 42,
        bank_id: 0,
        transaction: Some(SubscribeUpdateTransactionInfo {
            signature: vec![8; 64],
            is_vote: false,
            transaction: Some(Transaction {
                signatures: vec![vec![8; 64]],
                message: Some(message),
            }),
            meta: Some(meta),
            index: 3,
        }),
    }
}

fn message(update: &mut SubscribeUpdateTransaction) -> &mut Message {
    let info = update.transaction.as_mut().expect("info");
    info.transaction
        .as_mut()
        .expect("wire")
        .message
        .as_mut()
        .expect("message")
}

fn status(update: &mut SubscribeUpdateTransaction) -> &mut TransactionStatusMeta {
    update.transaction.as_mut().expect("info").meta.as_mut().expect("meta")
}

fn convert(update: &SubscribeUpdateTransaction) -> Result<Converted, ConvertError> {
    transaction(update, &followed(), true)
}

fn json(update: &SubscribeUpdateTransaction) -> serde_json::Value {
    let body = convert(update).expect("converts").body(1_700_000_000);
    serde_json::from_slice(&body).expect("JSON")
}

#[test]
fn a_body_has_the_shape_that_the_rpc_answers() {
    let body = json(&sample());
    assert_eq!(
        (&body["slot"], &body["blockTime"], &body["version"]),
        (&42.into(), &1_700_000_000.into(), &0.into())
    );
    let meta = &body["meta"];
    assert!(meta["err"].is_null() && meta["status"]["Ok"].is_null());
    assert_eq!(
        meta["preTokenBalances"][0]["uiTokenAmount"]["amount"],
        "18446744073709551615"
    );
    assert!(
        meta["preTokenBalances"][0].get("programId").is_none(),
        "empty is absent"
    );
    assert!(
        meta["preTokenBalances"][0]["uiTokenAmount"]["uiAmount"].is_null(),
        "no floating point"
    );
    assert_eq!(meta["loadedAddresses"]["readonly"][0], address_of(7));
    assert_eq!(meta["innerInstructions"][0]["instructions"][0]["stackHeight"], 2);
    assert_eq!(meta["returnData"]["data"], serde_json::json!(["AQI=", "base64"]));
    assert_eq!(meta["postBalances"][0], u64::MAX);
    let message = &body["transaction"]["message"];
    assert_eq!(
        message["addressTableLookups"][0]["writableIndexes"],
        serde_json::json!([7])
    );
    assert_eq!(message["instructions"][0]["accounts"], serde_json::json!([0, 1, 4]));
}

#[test]
fn each_version_is_told_and_an_old_server_is_not_believed_about_it() {
    let mut plain = sample();
    message(&mut plain).address_table_lookups.clear();
    message(&mut plain).instructions[0].accounts = vec![0];
    let meta = status(&mut plain);
    meta.loaded_writable_addresses.clear();
    meta.loaded_readonly_addresses.clear();
    (meta.pre_balances, meta.post_balances) = (vec![1; 3], vec![1; 3]);
    meta.post_token_balances[0].account_index = 1;
    meta.inner_instructions.clear();
    assert_eq!(json(&plain)["version"], 0);
    let told_by_old =
        |update: &SubscribeUpdateTransaction| transaction(update, &followed(), false).expect("converts").doubt;
    assert_eq!(told_by_old(&plain), Some(Doubt::Version));
    let mut legacy = plain.clone();
    message(&mut legacy).versioned = false;
    assert_eq!(json(&legacy)["version"], "legacy");
    assert_eq!(told_by_old(&legacy), None);
    let mut v1 = plain;
    message(&mut v1).config = Some(TransactionConfig {
        priority_fee: Some(9),
        ..Default::default()
    });
    assert_eq!(json(&v1)["version"], 1);
    assert_eq!(
        json(&v1)["transaction"]["message"]["transactionConfig"]["priorityFee"],
        9
    );
    assert_eq!(told_by_old(&v1), None);
}

#[test]
fn pitfall_16_lists_that_were_not_recorded_stay_null() {
    let mut update = sample();
    let meta = status(&mut update);
    meta.inner_instructions.clear();
    (meta.inner_instructions_none, meta.log_messages_none) = (true, true);
    let body = json(&update);
    assert!(body["meta"]["innerInstructions"].is_null() && body["meta"]["logMessages"].is_null());
    // Balances have no such mark: with a token program in the transaction, empty may mean not recorded.
    let token = super::super::convert::hash("x", "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA").expect("a key");
    message(&mut update).account_keys[2] = token.to_vec();
    assert_eq!(convert(&update).expect("converts").doubt, None);
    let meta = status(&mut update);
    meta.pre_token_balances.clear();
    meta.post_token_balances.clear();
    assert_eq!(convert(&update).expect("converts").doubt, Some(Doubt::TokenBalances));
}

#[test]
fn an_unknown_failure_is_a_failure_and_a_doubt() {
    let mut update = sample();
    status(&mut update).err = Some(TransactionError {
        err: vec![250, 1, 2, 3],
    });
    let converted = convert(&update).expect("converts");
    assert!(!converted.err.is_null());
    assert_eq!(converted.doubt, Some(Doubt::Failure));
}

#[test]
fn what_names_no_followed_address_was_not_asked_for() {
    let error = transaction(&sample(), &HashSet::from([address_of(200)]), true).expect_err("refused");
    assert!(matches!(error, ConvertError::Unasked(_)));
    // A looked-up key counts as well as a static one.
    assert_eq!(
        transaction(&sample(), &HashSet::from([address_of(7)]), true)
            .expect("taken")
            .named,
        [address_of(7)]
    );
}

#[test]
fn whatever_cannot_be_is_an_error_with_a_reason() {
    type Spoil = fn(&mut SubscribeUpdateTransaction);
    let cases: [(&str, Spoil); 24] = [
        ("the transaction is missing", |u| u.transaction = None),
        ("wire transaction is missing", |u| {
            u.transaction.as_mut().unwrap().transaction = None
        }),
        ("meta is missing", |u| u.transaction.as_mut().unwrap().meta = None),
        ("not the transaction's first", |u| {
            u.transaction.as_mut().unwrap().signature = vec![9; 64]
        }),
        ("instead of 64", |u| u.transaction.as_mut().unwrap().signature = vec![]),
        ("position in the block", |u| {
            u.transaction.as_mut().unwrap().index = u64::MAX
        }),
        ("number of signatures", |u| {
            u.transaction
                .as_mut()
                .unwrap()
                .transaction
                .as_mut()
                .unwrap()
                .signatures
                .clear()
        }),
        ("header is missing", |u| message(u).header = None),
        ("instead of 32", |u| message(u).account_keys[1] = vec![1; 31]),
        ("account keys, more than 256", |u| {
            message(u).account_keys = vec![key(1); 255]
        }),
        ("number of signatures", |u| {
            message(u).header.as_mut().unwrap().num_required_signatures = u32::MAX
        }),
        ("more readonly accounts", |u| {
            message(u).header.as_mut().unwrap().num_readonly_unsigned_accounts = 3
        }),
        ("program 5 of 5", |u| message(u).instructions[0].program_id_index = 5),
        ("account 255 of 5", |u| message(u).instructions[0].accounts = vec![255]),
        ("bytes of instruction data", |u| {
            message(u).instructions[0].data = vec![0; 1 << 20]
        }),
        ("instructions, more than", |u| {
            message(u).instructions = vec![CompiledInstruction::default(); 2_000]
        }),
        ("as many as the lookups", |u| {
            message(u).address_table_lookups[0].writable_indexes.push(1)
        }),
        ("whose version has none", |u| message(u).versioned = false),
        ("as many lamport balances", |u| status(u).pre_balances.push(1)),
        ("top-level instruction 9 of 1", |u| {
            status(u).inner_instructions[0].index = 9
        }),
        ("token balance 4294967295 of 5", |u| {
            status(u).pre_token_balances[0].account_index = u32::MAX
        }),
        ("whole number of base units", |u| {
            status(u).pre_token_balances[0] = balance(1, "1.5")
        }),
        ("a mint is not", |u| {
            status(u).pre_token_balances[0].mint = "1".repeat(100_000)
        }),
        ("marked as not recorded", |u| status(u).inner_instructions_none = true),
    ];
    for (reason, spoil) in cases {
        let mut update = sample();
        spoil(&mut update);
        let text = convert(&update).expect_err(reason).to_string();
        assert!(text.contains(reason), "{text} instead of {reason}");
    }
}

#[test]
fn amounts_are_whole_numbers_of_64_bits_written_in_one_way() {
    for text in ["", "-1", "+1", "01", "1e3", " 1", "18446744073709551616", "٣"] {
        let mut update = sample();
        status(&mut update).pre_token_balances[0] = balance(1, text);
        assert!(convert(&update).is_err(), "{text}");
    }
}

#[test]
fn a_block_needs_hashes_of_32_bytes() {
    let meta = SubscribeUpdateBlockMeta {
        slot: 5,
        blockhash: address_of(1),
        parent_slot: 4,
        parent_blockhash: address_of(2),
        block_time: Some(UnixTimestamp { timestamp: -7 }),
        ..Default::default()
    };
    assert_eq!(block(&meta).expect("converts").time, Some(-7));
    let long = "1".repeat(1 << 20);
    for wrong in ["", "0OIl", "abc", long.as_str()] {
        let meta = SubscribeUpdateBlockMeta {
            parent_blockhash: wrong.to_owned(),
            ..meta.clone()
        };
        assert!(block(&meta).is_err());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = sample().encode_to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(update) = SubscribeUpdateTransaction::decode(&bytes[..])
            && let Ok(converted) = transaction(&update, &followed(), true)
        {
            let body = converted.body(1);
            prop_assert!(converted.doubt.is_some() || serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        }
    }
}
