//! Batch (tag 255): several instructions in one, without any trace among the inner instructions.

use super::tag;

/// One instruction, or one of those within a Batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Index within the Batch, if it is of one.
    pub batch: Option<u16>,
    /// Its accounts.
    pub accounts: &'a [u8],
    /// Its data, tag included.
    pub data: &'a [u8],
}

/// The instructions that an instruction stands for: itself, or the parts of a Batch in order. Nothing where a Batch is cut
/// off, wants more accounts than there are, or holds another Batch: the program refuses such a one.
///
/// `ff`, then for each part `n_accounts:u8, data_len:u8, data`; the accounts are those of all parts, one after the other,
/// and may go on behind the last.
pub fn parts<'a>(accounts: &'a [u8], data: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let [tag::BATCH, rest @ ..] = data else {
        return Some(vec![Part {
            batch: None,
            accounts,
            data,
        }]);
    };
    let (mut accounts, mut rest) = (accounts, rest);
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (&[count, len], bytes) = rest.split_first_chunk::<2>()?;
        let (data, after) = bytes.split_at_checked(usize::from(len))?;
        let (own, others) = accounts.split_at_checked(usize::from(count))?;
        if data.first() == Some(&tag::BATCH) {
            return None;
        }
        parts.push(Part {
            batch: Some(u16::try_from(parts.len()).ok()?),
            accounts: own,
            data,
        });
        (accounts, rest) = (others, after);
    }
    (!parts.is_empty()).then_some(parts)
}
