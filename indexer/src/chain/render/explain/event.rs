//! One thing that happened to the mint.

use crate::chain::render::model::{Instruction, Program};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Tokens came into being.
    Mint,
    /// Tokens went out of being.
    Burn,
    /// Tokens moved.
    Transfer,
    /// A right was handed on.
    SetAuthority,
    /// A token account ended.
    Close,
    /// A balance changed otherwise than the instructions say.
    UnexplainedDelta,
}

impl Kind {
    /// The name, as in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::Transfer => "transfer",
            Self::SetAuthority => "set_authority",
            Self::Close => "close",
            Self::UnexplainedDelta => "unexplained_delta",
        }
    }
}

/// Where in a transaction; −1 for an index that does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Top-level instruction.
    pub outer: i32,
    /// Within its inner instructions.
    pub inner: i32,
    /// Within a Batch; of unexplained differences a running number.
    pub batch: i32,
}

impl Place {
    /// The transaction as a whole.
    pub const WHOLE: Self = Self {
        outer: -1,
        inner: -1,
        batch: -1,
    };

    pub(super) fn of(instruction: &Instruction, batch: Option<u16>) -> Self {
        Self {
            outer: i32::from(instruction.outer),
            inner: instruction.inner.map_or(-1, i32::from),
            batch: batch.map_or(-1, i32::from),
        }
    }
}

/// A token account and who owned it then; empty where nothing tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The account, base58.
    pub account: String,
    /// Its owner, base58.
    pub owner: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: Kind,
    /// Name of the instruction; empty for an unexplained difference.
    pub instruction: &'static str,
    /// The program; none for an unexplained difference.
    pub program: Option<Program>,
    /// The mint; empty where nothing tells it.
    pub mint: String,
    /// Who lost tokens. Of `set_authority` and `close`: the account, or the mint, that is meant.
    pub source: Party,
    /// Who gained tokens. Of `close`: who got the lamports.
    pub dest: Party,
    /// Who ordered it.
    pub authority: String,
    /// Members of a multisig who signed.
    pub signers: Vec<String>,
    /// Base units.
    pub amount: u64,
    /// −1 for an unexplained loss, else 1.
    pub sign: i8,
    /// Of `set_authority`: which right.
    pub authority_type: String,
    /// Of `set_authority`: who has it now; empty: nobody.
    pub new_authority: String,
}

impl Event {
    pub(super) fn new(place: Place, program: Program, instruction: &'static str) -> Self {
        Self {
            place,
            kind: Kind::Transfer,
            instruction,
            program: Some(program),
            mint: String::new(),
            source: Party::default(),
            dest: Party::default(),
            authority: String::new(),
            signers: Vec::new(),
            amount: 0,
            sign: 1,
            authority_type: String::new(),
            new_authority: String::new(),
        }
    }

    /// A difference of `party`: a loss has it as source, a gain as destination.
    pub(super) fn unexplained(position: usize, mint: &str, party: Party, sign: i128, amount: u64) -> Self {
        let loss = sign < 0;
        let (source, dest) = match loss {
            true => (party, Party::default()),
            false => (Party::default(), party),
        };
        Self {
            place: Place {
                batch: i32::try_from(position).unwrap_or(i32::MAX),
                ..Place::WHOLE
            },
            kind: Kind::UnexplainedDelta,
            instruction: "",
            program: None,
            mint: mint.to_owned(),
            source,
            dest,
            authority: String::new(),
            signers: Vec::new(),
            amount,
            sign: if loss { -1 } else { 1 },
            authority_type: String::new(),
            new_authority: String::new(),
        }
    }

    /// Whether it was called by a program rather than ordered by the transaction itself.
    pub fn via_cpi(&self) -> bool {
        self.place.inner >= 0
    }

    /// Whether it is part of a Batch.
    pub fn via_batch(&self) -> bool {
        self.kind != Kind::UnexplainedDelta && self.place.batch >= 0
    }
}
