//! Mints and token accounts as the token programs keep them. Pure.
//!
//! Layouts: a mint has 82 bytes, a token account 165; Token-2022 appends a byte that tells which it is at 165 and
//! extensions after it, and pads mints up to there.

use super::rpc::Account;

const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

const MINT_BYTES: usize = 82;
const ACCOUNT_BYTES: usize = 165;
/// Offset of the byte that tells a mint from an account, where there are extensions.
const KIND_AT: usize = 165;
const KIND_MINT: u8 = 1;
const KIND_ACCOUNT: u8 = 2;

/// A mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MintState {
    pub(super) supply: u64,
    pub(super) decimals: u8,
}

/// A token account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenState {
    /// Base58.
    pub(super) mint: String,
    /// Base58.
    pub(super) owner: String,
    pub(super) amount: u64,
}

/// Reads a mint of Token or Token-2022; else says what it is not.
pub(super) fn read_mint(account: &Account) -> Result<MintState, String> {
    sized(account, MINT_BYTES, KIND_MINT)?;
    let byte = |at: usize| account.data.get(at).copied().unwrap_or(0);
    if byte(45) != 1 {
        return Err("it is not initialised".to_owned());
    }
    Ok(MintState {
        supply: number(&account.data, 36)?,
        decimals: byte(44),
    })
}

/// Reads a token account of Token or Token-2022; else says what it is not.
pub(super) fn read_account(account: &Account) -> Result<TokenState, String> {
    sized(account, ACCOUNT_BYTES, KIND_ACCOUNT)?;
    if account.data.get(108).copied().unwrap_or(0) == 0 {
        return Err("it is not initialised".to_owned());
    }
    Ok(TokenState {
        mint: key(&account.data, 0)?,
        owner: key(&account.data, 32)?,
        amount: number(&account.data, 64)?,
    })
}

fn sized(account: &Account, plain: usize, kind: u8) -> Result<(), String> {
    if account.program != TOKEN && account.program != TOKEN_2022 {
        let program: String = account.program.chars().take(44).collect();
        return Err(format!("it belongs to program {program}"));
    }
    let bytes = account.data.len();
    let extended = account.program == TOKEN_2022 && account.data.get(KIND_AT) == Some(&kind);
    if bytes == plain || extended {
        Ok(())
    } else {
        Err(format!("{bytes} bytes of {} are not one", account.program))
    }
}

fn key(data: &[u8], at: usize) -> Result<String, String> {
    let bytes = data.get(at..at + 32).ok_or("it is too short")?;
    Ok(bs58::encode(bytes).into_string())
}

fn number(data: &[u8], at: usize) -> Result<u64, String> {
    let bytes = data.get(at..at + 8).and_then(|b| b.try_into().ok());
    bytes
        .map(u64::from_le_bytes)
        .ok_or_else(|| "it is too short".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn account(program: &str, bytes: usize) -> Account {
        let mut data = vec![0; bytes];
        data[64..72].copy_from_slice(&5_000_000_001_u64.to_le_bytes());
        data[32] = 7;
        data[108] = 1;
        Account {
            program: program.to_owned(),
            data,
        }
    }

    #[test]
    fn accounts_of_both_programs_are_read_with_and_without_extensions() {
        assert_eq!(read_account(&account(TOKEN, 165)).unwrap().amount, 5_000_000_001);
        assert_eq!(read_account(&account(TOKEN_2022, 165)).unwrap().amount, 5_000_000_001);
        let mut extended = account(TOKEN_2022, 182);
        extended.data[165] = KIND_ACCOUNT;
        assert_eq!(read_account(&extended).unwrap().amount, 5_000_000_001);
        extended.data[165] = KIND_MINT;
        assert!(read_account(&extended).is_err(), "a mint is no account");
    }

    #[test]
    fn the_mint_of_a_real_run_is_read() {
        let head = "01000000".to_owned() + &"8a".repeat(32) + "9e19d1319e450000" + "0801" + "00000000";
        let mut data = hex::decode(head).unwrap();
        data.resize(82, 0);
        let mint = Account {
            program: TOKEN.to_owned(),
            data,
        };
        let read = read_mint(&mint).unwrap();
        assert_eq!((read.supply, read.decimals), (76_545_742_936_478, 8));
    }

    #[test]
    fn what_another_program_owns_or_what_is_too_short_is_refused() {
        assert!(
            read_account(&account("11111111111111111111111111111111", 165))
                .unwrap_err()
                .contains("program")
        );
        assert!(read_account(&account(TOKEN, 164)).is_err());
        assert!(
            read_account(&account(TOKEN, 182)).is_err(),
            "the old program has no extensions"
        );
        assert!(read_mint(&account(TOKEN, 165)).is_err());
        let mut closed = account(TOKEN, 165);
        closed.data[108] = 0;
        assert!(read_account(&closed).unwrap_err().contains("initialised"));
    }
}
