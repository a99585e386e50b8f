//! The greeting of clickhouse-go over HTTP.
//!
//! On every new connection the driver asks for name, version, revision and time zone, and reads the answer in the
//! Native format of protocol revision 54459. From then on it reads Native in the revision that the answer stated. The
//! engine writes revision 0 only, so the greeting is answered by hand, in the driver's framing, with revision 0.

use super::super::exception::ENGINE_VERSION;

/// The driver's statement, in lower case and without white space.
const STATEMENT: &str = "selectdisplayname(),version(),revision(),timezone()";

/// Whether `sql` is the greeting of a driver that speaks a revision other than 0.
#[must_use]
pub(super) fn is_hello(sql: &str) -> bool {
    sql.len() < 200
        && sql
            .chars()
            .filter(|c| !c.is_whitespace() && *c != ';')
            .collect::<String>()
            .eq_ignore_ascii_case(STATEMENT)
}

/// The answer: one block with block info, four columns and one row.
#[must_use]
pub(super) fn answer(timezone: &str) -> Vec<u8> {
    // Block info: field 1 (is overflows) false, field 2 (bucket) -1, end; then 4 columns and 1 row.
    let mut block = vec![1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0, 4, 1];
    column(&mut block, "displayName()", "String", &text("gridproof"));
    column(&mut block, "version()", "String", &text(ENGINE_VERSION));
    column(&mut block, "revision()", "UInt32", &0u32.to_le_bytes());
    column(&mut block, "timezone()", "String", &text(timezone));
    block
}

/// Name, type, the flag "no custom serialization" and one value.
fn column(block: &mut Vec<u8>, name: &str, kind: &str, value: &[u8]) {
    block.extend(text(name));
    block.extend(text(kind));
    block.push(0);
    block.extend(value);
}

/// A string with its length before it; every string here is shorter than 128 bytes, so the length is one byte.
fn text(value: &str) -> Vec<u8> {
    let length = value.len().min(127);
    let mut out = vec![u8::try_from(length).unwrap_or(127)];
    out.extend(&value.as_bytes()[..length]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_is_known_whatever_its_spacing() {
        assert!(is_hello("SELECT displayName(), version(), revision(), timezone()"));
        assert!(is_hello("SELECT displayName(),\n version(), revision(), timezone();"));
        assert!(!is_hello("SELECT version(), timezone()"));
    }

    #[test]
    fn the_answer_states_revision_zero() {
        let answer = answer("UTC");
        let at = answer
            .windows(7)
            .position(|w| w == b"\x06UInt32")
            .map(|p| p + 7)
            .unwrap_or_default();
        assert_eq!(&answer[at..at + 5], &[0, 0, 0, 0, 0]);
        assert!(answer.ends_with(b"\x0atimezone()\x06String\0\x03UTC"));
    }
}
