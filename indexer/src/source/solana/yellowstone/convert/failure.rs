//! Why a transaction failed: the node's serialised `TransactionError` as the RPC prints it.
//!
//! The bytes are a number (u32, little-endian) of the variant and its fields. The names below stand at their numbers.

use serde_json::{Value, json};

const TRANSACTION: [&str; 39] = [
    "AccountInUse",
    "AccountLoadedTwice",
    "AccountNotFound",
    "ProgramAccountNotFound",
    "InsufficientFundsForFee",
    "InvalidAccountForFee",
    "AlreadyProcessed",
    "BlockhashNotFound",
    INSTRUCTION_ERROR,
    "CallChainTooDeep",
    "MissingSignatureForFee",
    "InvalidAccountIndex",
    "SignatureFailure",
    "InvalidProgramForExecution",
    "SanitizeFailure",
    "ClusterMaintenance",
    "AccountBorrowOutstanding",
    "WouldExceedMaxBlockCostLimit",
    "UnsupportedVersion",
    "InvalidWritableAccount",
    "WouldExceedMaxAccountCostLimit",
    "WouldExceedAccountDataBlockLimit",
    "TooManyAccountLocks",
    "AddressLookupTableNotFound",
    "InvalidAddressLookupTableOwner",
    "InvalidAddressLookupTableData",
    "InvalidAddressLookupTableIndex",
    "InvalidRentPayingAccount",
    "WouldExceedMaxVoteCostLimit",
    "WouldExceedAccountDataTotalLimit",
    "DuplicateInstruction",
    "InsufficientFundsForRent",
    "MaxLoadedAccountsDataSizeExceeded",
    "InvalidLoadedAccountsDataSizeLimit",
    "ResanitizationNeeded",
    "ProgramExecutionTemporarilyRestricted",
    "UnbalancedTransaction",
    "ProgramCacheHitMaxLimit",
    "CommitCancelled",
];

const INSTRUCTION: [&str; 54] = [
    "GenericError",
    "InvalidArgument",
    "InvalidInstructionData",
    "InvalidAccountData",
    "AccountDataTooSmall",
    "InsufficientFunds",
    "IncorrectProgramId",
    "MissingRequiredSignature",
    "AccountAlreadyInitialized",
    "UninitializedAccount",
    "UnbalancedInstruction",
    "ModifiedProgramId",
    "ExternalAccountLamportSpend",
    "ExternalAccountDataModified",
    "ReadonlyLamportChange",
    "ReadonlyDataModified",
    "DuplicateAccountIndex",
    "ExecutableModified",
    "RentEpochModified",
    "NotEnoughAccountKeys",
    "AccountDataSizeChanged",
    "AccountNotExecutable",
    "AccountBorrowFailed",
    "AccountBorrowOutstanding",
    "DuplicateAccountOutOfSync",
    CUSTOM,
    "InvalidError",
    "ExecutableDataModified",
    "ExecutableLamportChange",
    "ExecutableAccountNotRentExempt",
    "UnsupportedProgramId",
    "CallDepth",
    "MissingAccount",
    "ReentrancyNotAllowed",
    "MaxSeedLengthExceeded",
    "InvalidSeeds",
    "InvalidRealloc",
    "ComputationalBudgetExceeded",
    "PrivilegeEscalation",
    "ProgramEnvironmentSetupFailure",
    "ProgramFailedToComplete",
    "ProgramFailedToCompile",
    "Immutable",
    "IncorrectAuthority",
    "BorshIoError",
    "AccountNotRentExempt",
    "InvalidAccountOwner",
    "ArithmeticOverflow",
    "UnsupportedSysvar",
    "IllegalOwner",
    "MaxAccountsDataAllocationsExceeded",
    "MaxAccountsExceeded",
    "MaxInstructionTraceLengthExceeded",
    "BuiltinProgramsMustConsumeComputeUnits",
];

const INSTRUCTION_ERROR: &str = "InstructionError";
const CUSTOM: &str = "Custom";
/// Key under which bytes that nobody here knows are kept.
const UNKNOWN: &str = "UnknownTransactionError";
/// Bytes of an unknown failure that are kept.
const MAX_UNKNOWN_BYTES: usize = 64;

/// A failure, never absent: unknown bytes mean failed, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// As the RPC prints it.
    pub(super) json: Value,
    /// Whether the bytes were understood whole.
    pub(super) known: bool,
}

impl Failure {
    pub(super) fn read(bytes: &[u8]) -> Self {
        match known(bytes) {
            Some(json) => Self { json, known: true },
            None => Self {
                json: json!({ UNKNOWN: hex::encode(&bytes[..bytes.len().min(MAX_UNKNOWN_BYTES)]) }),
                known: false,
            },
        }
    }
}

fn known(bytes: &[u8]) -> Option<Value> {
    let (variant, rest) = number(bytes)?;
    let name = *TRANSACTION.get(usize::try_from(variant).ok()?)?;
    match (name, rest) {
        (INSTRUCTION_ERROR, [index, rest @ ..]) => Some(json!({ name: [*index, instruction(rest)?] })),
        ("DuplicateInstruction", [index]) => Some(json!({ name: *index })),
        ("InsufficientFundsForRent" | "ProgramExecutionTemporarilyRestricted", [index]) => {
            Some(json!({ name: { "account_index": *index } }))
        }
        (
            INSTRUCTION_ERROR
            | "DuplicateInstruction"
            | "InsufficientFundsForRent"
            | "ProgramExecutionTemporarilyRestricted",
            _,
        ) => None,
        (name, []) => Some(json!(name)),
        _ => None,
    }
}

fn instruction(bytes: &[u8]) -> Option<Value> {
    let (variant, rest) = number(bytes)?;
    let name = *INSTRUCTION.get(usize::try_from(variant).ok()?)?;
    if name == CUSTOM {
        let (code, rest) = number(rest)?;
        return rest.is_empty().then(|| json!({ name: code }));
    }
    rest.is_empty().then(|| json!(name))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_client::rpc_response::RpcConfirmedTransactionStatusWithSignature as Listed;

    fn bytes(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    /// Whether Solana's own client reads `err` as a failure and prints it the same.
    fn clients_read(err: &Value) -> bool {
        let listed = json!({"signature": "s", "slot": 1, "err": err, "memo": null, "blockTime": null});
        let Ok(read) = serde_json::from_value::<Listed>(listed) else {
            return false;
        };
        serde_json::to_value(read).expect("JSON")["err"] == *err
    }

    #[test]
    fn every_name_is_one_that_solanas_own_client_reads() {
        for (variant, name) in TRANSACTION.iter().enumerate() {
            let variant = (variant as u32).to_le_bytes();
            let tails: [&[u8]; 3] = [&[], &[3], &[3, 1, 0, 0, 0]];
            let read: Vec<Failure> = tails
                .iter()
                .map(|tail| Failure::read(&bytes(&[&variant, tail])))
                .collect();
            let known: Vec<&Failure> = read.iter().filter(|failure| failure.known).collect();
            assert_eq!(known.len(), 1, "{name}");
            assert!(clients_read(&known[0].json), "{}", known[0].json);
        }
        for (variant, name) in INSTRUCTION.iter().enumerate() {
            let code: &[u8] = if *name == CUSTOM { &[1, 0, 0, 0] } else { &[] };
            let failure = Failure::read(&bytes(&[
                &8_u32.to_le_bytes(),
                &[0],
                &(variant as u32).to_le_bytes(),
                code,
            ]));
            assert!(failure.known && clients_read(&failure.json), "{name}: {}", failure.json);
        }
        assert!(!clients_read(&json!("NoSuchError")));
    }

    #[test]
    fn a_custom_program_error_is_printed_as_the_rpc_prints_it() {
        let failure = Failure::read(&[8, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(failure.json, json!({"InstructionError": [0, {"Custom": 1}]}));
        let failure = Failure::read(&[4, 0, 0, 0]);
        assert_eq!(failure.json, json!("InsufficientFundsForFee"));
    }

    #[test]
    fn unknown_bytes_still_mean_failed() {
        let long = [255; 10_000];
        let cases: [&[u8]; 7] = [
            &[],
            &[8],
            &[8, 0, 0, 0],
            &[200, 0, 0, 0],
            &[4, 0, 0, 0, 1],
            &[255; 4],
            &long,
        ];
        for case in cases {
            let failure = Failure::read(case);
            assert!(!failure.known && failure.json.is_object());
            assert!(failure.json.to_string().len() < 300);
        }
    }
}
