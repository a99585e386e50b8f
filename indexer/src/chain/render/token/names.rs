//! Instructions that change no balance, and the names of authorities.

use crate::chain::render::model::Program;

/// The authority type that is the ownership of a token account.
pub(super) const ACCOUNT_OWNER: u8 = 2;

/// Names of authority types, by number.
const AUTHORITIES: [&str; 18] = [
    "mintTokens",
    "freezeAccount",
    "accountOwner",
    "closeAccount",
    "transferFeeConfig",
    "withheldWithdraw",
    "closeMint",
    "interestRate",
    "permanentDelegate",
    "confidentialTransferMint",
    "transferHookProgramId",
    "confidentialTransferFeeConfig",
    "metadataPointer",
    "groupPointer",
    "groupMemberPointer",
    "scaledUiAmount",
    "pause",
    "permissionedBurn",
];

/// The name of an authority type; of one that is not known its number.
pub(super) fn authority_type(number: u8) -> String {
    match AUTHORITIES.get(usize::from(number)) {
        Some(name) => (*name).to_owned(),
        None => number.to_string(),
    }
}

/// The name of an instruction that changes neither balances nor owners, whatever its fields. What moves tokens in ways that
/// its bytes do not tell (withheld fees, confidential transfers, permissioned burns) is not here: it stays unknown.
pub(super) fn plain(program: Program, tag: u8, data: &[u8]) -> Option<&'static str> {
    let shared = match tag {
        0 => "initializeMint",
        2 => "initializeMultisig",
        4 => "approve",
        5 => "revoke",
        10 => "freezeAccount",
        11 => "thawAccount",
        13 => "approveChecked",
        17 => "syncNative",
        19 => "initializeMultisig2",
        20 => "initializeMint2",
        21 => "getAccountDataSize",
        22 => "initializeImmutableOwner",
        23 => "amountToUiAmount",
        24 => "uiAmountToAmount",
        38 => "withdrawExcessLamports",
        // Native accounts only: what they hold are lamports.
        45 => "unwrapLamports",
        _ => return plain_2022(program, tag, data),
    };
    Some(shared)
}

/// Extensions of Token-2022 that set something up.
fn plain_2022(program: Program, tag: u8, data: &[u8]) -> Option<&'static str> {
    if program != Program::Token2022 {
        return None;
    }
    let name = match (tag, data.first()) {
        (25, _) => "initializeMintCloseAuthority",
        (26, Some(0)) => "initializeTransferFeeConfig",
        (26, Some(4)) => "harvestWithheldTokensToMint",
        (26, Some(5)) => "setTransferFee",
        (28, _) => "defaultAccountState",
        (29, _) => "reallocate",
        (30, _) => "memoTransfer",
        (31, _) => "createNativeMint",
        (32, _) => "initializeNonTransferableMint",
        (33, _) => "interestBearingMint",
        (34, _) => "cpiGuard",
        (35, _) => "initializePermanentDelegate",
        (36, _) => "transferHook",
        (39, _) => "metadataPointer",
        (40, _) => "groupPointer",
        (41, _) => "groupMemberPointer",
        (43, _) => "scaledUiAmount",
        (44, _) => "pausable",
        _ => return None,
    };
    Some(name)
}
