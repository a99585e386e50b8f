//! Wire transactions: legacy, version 0 and version 1.
//!
//! Legacy and 0: `n signatures, signatures, [0x80] message`, counts as compact-u16. Version 1 (SIMD-0385): `0x81, message,
//! signatures`, counts of fixed width, no lookup tables; the sizes of all instructions come before their bytes.

use super::error::Fault;
use super::limits::MAX_WIRE_BYTES;
use super::message::{Call, Data, Message, at_most, check_header};
use crate::chain::render::model::Version;
use crate::chain::render::text::{ADDRESS_BYTES, SIGNATURE_BYTES, base58};

/// First bit of a byte that tells a version; the other seven are the version.
const VERSION_BIT: u8 = 0x80;
/// First byte of a transaction of version 1.
const V1_PREFIX: u8 = VERSION_BIT | 1;
/// Bits of the configuration mask of version 1: two for a fee of 8 bytes, then one each for values of 4 bytes.
const V1_FEE_BITS: u32 = 0b11;
const V1_VALUE_BITS: u32 = 0b1_1100;
/// Most signatures, accounts and instructions of version 1.
const V1_MAX_SIGNATURES: usize = 12;
const V1_MAX_KEYS: usize = 64;
const V1_MAX_INSTRUCTIONS: usize = 64;

/// Reads a whole wire transaction.
pub(super) fn read(bytes: &[u8]) -> Result<Message<'static>, Fault> {
    at_most("the wire transaction", bytes.len(), MAX_WIRE_BYTES)?;
    let mut reader = Reader { bytes, at: 0 };
    let message = match bytes.first() {
        Some(&V1_PREFIX) => reader.version_1()?,
        _ => reader.older()?,
    };
    match reader.at == bytes.len() {
        true => Ok(message),
        false => Err(reader.broken("a rest after its end")),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn broken(&self, what: &'static str) -> Fault {
        Fault::Wire { what, at: self.at }
    }

    fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| self.broken(what))?;
        let part = &self.bytes[self.at..end];
        self.at = end;
        Ok(part)
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, Fault> {
        Ok(self.take(1, what)?[0])
    }

    /// A compact-u16: seven bits a byte, lowest first, at most 16 bits, in its shortest form.
    fn count(&mut self, what: &'static str) -> Result<usize, Fault> {
        let mut value = 0_usize;
        for position in 0..3 {
            let byte = self.byte(what)?;
            value |= usize::from(byte & 0x7f) << (7 * position);
            if byte & 0x80 == 0 {
                let shortest = position == 0 || byte != 0;
                return match shortest && value <= usize::from(u16::MAX) {
                    true => Ok(value),
                    false => Err(self.broken(what)),
                };
            }
        }
        Err(self.broken(what))
    }

    fn keys(&mut self, count: usize) -> Result<Vec<String>, Fault> {
        let bytes = self.take(count * ADDRESS_BYTES, "accounts")?;
        Ok(bytes.chunks_exact(ADDRESS_BYTES).map(base58).collect())
    }

    fn older(&mut self) -> Result<Message<'static>, Fault> {
        let signatures = self.count("the number of signatures")?;
        let first = self.take(signatures * SIGNATURE_BYTES, "signatures")?;
        let mut version = Version::Legacy;
        let mut signers = self.byte("the header")?;
        if signers & VERSION_BIT != 0 {
            if signers != VERSION_BIT {
                return Err(Fault::Version((signers & !VERSION_BIT).to_string()));
            }
            version = Version::V0;
            signers = self.byte("the header")?;
        }
        let signers = usize::from(signers);
        self.take(2, "the header")?;
        let count = self.count("the number of accounts")?;
        check_header(signers, signatures, count)?;
        let keys = self.keys(count)?;
        self.take(ADDRESS_BYTES, "the blockhash")?;
        let calls = self.instructions()?;
        let lookups = match version {
            Version::V0 => self.lookups()?,
            _ => (0, 0),
        };
        Ok(Message {
            version,
            signature: base58(&first[..SIGNATURE_BYTES]),
            keys,
            signers,
            calls,
            lookups,
        })
    }

    fn instructions(&mut self) -> Result<Vec<Call<'static>>, Fault> {
        let count = self.count("the number of instructions")?;
        (0..count)
            .map(|_| {
                let program = usize::from(self.byte("an instruction")?);
                let accounts = self.count("an instruction's accounts")?;
                let accounts = self.take(accounts, "an instruction's accounts")?.to_vec();
                let data = self.count("an instruction's data")?;
                let data = Data::Bytes(self.take(data, "an instruction's data")?.to_vec());
                Ok(Call {
                    program,
                    accounts,
                    data,
                })
            })
            .collect()
    }

    fn lookups(&mut self) -> Result<(usize, usize), Fault> {
        let count = self.count("the number of lookup tables")?;
        let (mut writable, mut readonly) = (0, 0);
        for _ in 0..count {
            self.take(ADDRESS_BYTES, "a lookup table")?;
            for sum in [&mut writable, &mut readonly] {
                let indexes = self.count("a lookup table's indexes")?;
                self.take(indexes, "a lookup table's indexes")?;
                *sum += indexes;
            }
        }
        Ok((writable, readonly))
    }

    fn version_1(&mut self) -> Result<Message<'static>, Fault> {
        self.take(1, "the version")?;
        let signers = usize::from(self.take(3, "the header")?[0]);
        let mask = self.take(4, "the configuration mask")?;
        let mask = u32::from_le_bytes([mask[0], mask[1], mask[2], mask[3]]);
        self.take(ADDRESS_BYTES, "the blockhash")?;
        let instructions = usize::from(self.byte("the number of instructions")?);
        let count = usize::from(self.byte("the number of accounts")?);
        at_most("signatures of version 1", signers, V1_MAX_SIGNATURES)?;
        at_most("accounts of version 1", count, V1_MAX_KEYS)?;
        at_most("instructions of version 1", instructions, V1_MAX_INSTRUCTIONS)?;
        check_header(signers, signers, count)?;
        let keys = self.keys(count)?;
        self.configuration(mask)?;
        let calls = self.fixed_instructions(instructions)?;
        let signatures = self.take(signers * SIGNATURE_BYTES, "signatures")?;
        Ok(Message {
            version: Version::V1,
            signature: base58(&signatures[..SIGNATURE_BYTES]),
            keys,
            signers,
            calls,
            lookups: (0, 0),
        })
    }

    /// Skips the values that the mask announces: fee 8 bytes, compute units, size of loaded data and heap 4 bytes each.
    fn configuration(&mut self, mask: u32) -> Result<(), Fault> {
        let fee = mask & V1_FEE_BITS;
        if mask & !(V1_FEE_BITS | V1_VALUE_BITS) != 0 || (fee != 0 && fee != V1_FEE_BITS) {
            return Err(self.broken("the configuration mask"));
        }
        self.take(4 * mask.count_ones() as usize, "the configuration")?;
        Ok(())
    }

    fn fixed_instructions(&mut self, count: usize) -> Result<Vec<Call<'static>>, Fault> {
        let heads = self.take(4 * count, "the sizes of instructions")?;
        heads
            .chunks_exact(4)
            .map(|head| {
                let accounts = self.take(usize::from(head[1]), "an instruction's accounts")?.to_vec();
                let len = usize::from(u16::from_le_bytes([head[2], head[3]]));
                Ok(Call {
                    program: usize::from(head[0]),
                    accounts,
                    data: Data::Bytes(self.take(len, "an instruction's data")?.to_vec()),
                })
            })
            .collect()
    }
}
