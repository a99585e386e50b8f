//! The document of a snapshot: all pages of all queries at one height, as served, a line each.
//!
//! The first line says of which chain, height and node the answers are and how many there are. It is written and read a
//! line at a time, so a document is never held as text beside the pages themselves.

use crate::source::{Encoding, RawAnswer, RawState};
use gridproof_store::archive::{ArchiveError, ArchiveKey, ArchiveLine, ArchiveReader};
use serde::{Deserialize, Serialize};

/// Version of the document's form.
const FORMAT: u32 = 1;
/// Key of the first line.
const HEAD: &str = "snapshot";
/// What a line says about its answer, or the first line about all.
const ABOUT: &str = "about";
/// The answer.
const BODY: &str = "body";
/// Answers that a document may have: far more pages than a chain's lists have, and few enough to be counted in memory.
const MAX_ANSWERS: u64 = 1_000_000;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
    chain_id: String,
    height: u64,
    time_ns: i64,
    block_hash: String,
    endpoint: String,
    answers: u64,
}

/// What is known of an answer beside its method, which is the key of the line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    subject: String,
    page: u32,
    encoding: Encoding,
}

/// The lines of a snapshot.
pub(super) fn lines(state: &RawState) -> impl Iterator<Item = ArchiveLine> + '_ {
    let head = Head {
        format: FORMAT,
        chain_id: state.chain_id.clone(),
        height: state.height,
        time_ns: state.time_ns,
        block_hash: state.block_hash.clone(),
        endpoint: state.endpoint.clone(),
        answers: state.answers.len() as u64,
    };
    std::iter::once(line(HEAD, &head, None)).chain(state.answers.iter().map(answer))
}

fn answer(answer: &RawAnswer) -> ArchiveLine {
    let about = About {
        subject: answer.subject.clone(),
        page: answer.page,
        encoding: answer.encoding,
    };
    line(&answer.method, &about, Some(answer.body.clone()))
}

fn line(key: &str, about: &impl Serialize, body: Option<bytes::Bytes>) -> ArchiveLine {
    // Texts and numbers always have a JSON form; were there none, reading would refuse the line.
    let about = serde_json::to_vec(about).unwrap_or_default();
    let mut bodies = vec![(ABOUT.to_owned(), Some(about.into()))];
    bodies.extend(body.map(|body| (BODY.to_owned(), Some(body))));
    ArchiveLine {
        key: ArchiveKey::Name(key.to_owned()),
        bodies,
    }
}

/// A snapshot from its lines.
///
/// # Errors
/// The file cannot be read, or is not a snapshot of this form.
pub(super) fn read(path: &str, mut lines: ArchiveReader) -> Result<RawState, ArchiveError> {
    let corrupt = |reason: String| corrupt(path, reason);
    let head = read_head(path, &mut lines)?;
    if head.answers > MAX_ANSWERS {
        return Err(corrupt(format!(
            "it has {} answers, more than {MAX_ANSWERS}",
            head.answers
        )));
    }
    let mut answers = Vec::new();
    for line in lines {
        let line = line?;
        if answers.len() as u64 == head.answers {
            return Err(corrupt(format!(
                "it has more than the {} answers that it names",
                head.answers
            )));
        }
        answers.push(read_answer(&line).map_err(corrupt)?);
    }
    if answers.len() as u64 != head.answers {
        let (found, wanted) = (answers.len(), head.answers);
        return Err(corrupt(format!("it has {found} answers, not {wanted}")));
    }
    Ok(RawState {
        chain_id: head.chain_id,
        height: head.height,
        time_ns: head.time_ns,
        block_hash: head.block_hash,
        endpoint: head.endpoint,
        answers,
    })
}

/// Hash of the block that a snapshot is of; only its first line is read.
///
/// # Errors
/// As those of [`read`].
pub(super) fn block_hash(path: &str, mut lines: ArchiveReader) -> Result<String, ArchiveError> {
    Ok(read_head(path, &mut lines)?.block_hash)
}

fn read_head(path: &str, lines: &mut ArchiveReader) -> Result<Head, ArchiveError> {
    let corrupt = |reason: String| corrupt(path, reason);
    let first = lines.next().ok_or_else(|| corrupt("it is empty".to_owned()))??;
    let head: Head = about(&first).map_err(corrupt)?;
    if first.key != ArchiveKey::Name(HEAD.to_owned()) || head.format != FORMAT {
        let format = head.format;
        return Err(corrupt(format!("it is no snapshot of form {FORMAT}, but of {format}")));
    }
    Ok(head)
}

fn corrupt(path: &str, reason: String) -> ArchiveError {
    ArchiveError::Corrupt {
        path: path.to_owned(),
        reason,
    }
}

fn read_answer(line: &ArchiveLine) -> Result<RawAnswer, String> {
    let ArchiveKey::Name(method) = &line.key else {
        return Err("a line of it has a height in place of a method".to_owned());
    };
    let About {
        subject,
        page,
        encoding,
    } = about(line)?;
    let body = line
        .body(BODY)
        .ok_or_else(|| format!("an answer of {method} has no body"))?;
    Ok(RawAnswer {
        method: method.clone(),
        subject,
        page,
        encoding,
        body: body.clone(),
    })
}

fn about<'l, T: Deserialize<'l>>(line: &'l ArchiveLine) -> Result<T, String> {
    let body = line.body(ABOUT).ok_or("a line of it does not say what it is about")?;
    serde_json::from_slice(body).map_err(|error| format!("a line of it says what it is about in another form: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bytes::Bytes;
    use gridproof_store::archive::{Archive, EncodedLines};

    fn state() -> RawState {
        let answer = |method: &str, subject: &str, page, encoding, body: &'static [u8]| RawAnswer {
            method: method.into(),
            subject: subject.into(),
            page,
            encoding,
            body: Bytes::from_static(body),
        };
        RawState {
            chain_id: "c-1".into(),
            height: 7,
            time_ns: 1_790_000_000_123_456_789,
            block_hash: "AB".into(),
            endpoint: "https://node.example".into(),
            answers: vec![
                answer("a.Query/Empty", "", 0, Encoding::Proto, b""),
                answer("a.Query/Many", "one", 0, Encoding::Proto, b"\n\x02\xff\x00plain"),
                answer("a.Query/Many", "one", 1, Encoding::Json, b"{\"a\": 1,\n \"b\":2}"),
                answer("a.Query/Many", "two", 0, Encoding::Json, b"{\"a\":1}"),
            ],
        }
    }

    async fn stored(state: &RawState, cut: usize) -> Result<RawState, ArchiveError> {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open_folder(folder.path()).unwrap();
        let kept: Vec<ArchiveLine> = lines(state).collect();
        let encoded = EncodedLines::new("snapshot-7", kept.into_iter().take(cut)).unwrap();
        let blob = archive.put_lines("n", encoded).await.unwrap();
        read(&blob.path, archive.get_lines(&blob).await.unwrap())
    }

    #[tokio::test]
    async fn every_byte_of_every_answer_comes_back() {
        assert_eq!(stored(&state(), usize::MAX).await.unwrap(), state());
    }

    #[tokio::test]
    async fn a_document_that_lacks_an_answer_is_refused() {
        let error = stored(&state(), 4).await.unwrap_err().to_string();
        assert!(error.contains("3 answers, not 4"), "{error}");
        assert!(stored(&state(), 0).await.unwrap_err().to_string().contains("empty"));
    }
}
