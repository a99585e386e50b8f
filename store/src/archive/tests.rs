#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn span(from: u64, to: u64) -> Span {
    Span::new(from, to).unwrap()
}

fn line(height: u64, results: &str) -> ArchiveLine {
    let results = Bytes::from(results.to_owned());
    ArchiveLine::at_height(
        height,
        [
            ("meta", Some(Bytes::from("{\"n\": 1}"))),
            ("block", None),
            ("block_results", Some(results)),
        ],
    )
}

async fn read(archive: &Archive, file: &ArchivedFile) -> Vec<ArchiveLine> {
    archive.get_range(file).await.unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn bodies_come_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let lines = vec![
        line(7, r#"{"a": 1.0,  "b":"\u00e9"}"#),
        line(8, "{\n  \"indented\": true\n}\n"),
        line(9, "<html>not found</html>"),
        line(10, "null"),
        line(11, ""),
        ArchiveLine {
            key: ArchiveKey::Name("5sig".into()),
            bodies: vec![("body".into(), Some(Bytes::from_static(b"\xff\x00")))],
        },
    ];
    let file = archive.put_range("akash", span(7, 11), lines.clone()).await.unwrap();
    assert_eq!(read(&archive, &file).await, lines);
    assert_eq!(archive.verify(&file).await.unwrap(), 6);
}

#[tokio::test]
async fn one_line_of_json_is_embedded_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let file = archive
        .put_range("akash", span(7, 7), [line(7, r#"{"a":  1}"#)])
        .await
        .unwrap();
    let content = std::fs::read(folder.path().join(&file.path)).unwrap();
    let text = String::from_utf8(zstd::decode_all(content.as_slice()).unwrap()).unwrap();
    assert_eq!(
        text,
        "{\"height\":7,\"meta\":{\"n\": 1},\"block\":null,\"block_results\":{\"a\":  1}}\n"
    );
}

#[tokio::test]
async fn the_same_lines_give_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let first = archive.put_range("akash", span(1, 1), [line(1, "{}")]).await.unwrap();
    let again = archive.put_range("akash", span(1, 1), [line(1, "{}")]).await.unwrap();
    let other = archive
        .put_range("akash", span(2, 3), [line(2, "{}"), line(3, "[]")])
        .await
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(archive.list("akash").await.unwrap(), [first, other]);
    assert_eq!(archive.list("render").await.unwrap(), []);
}

#[tokio::test]
async fn a_damaged_or_missing_file_is_an_error_and_never_data() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let file = archive.put_range("akash", span(1, 1), [line(1, "{}")]).await.unwrap();
    let path = folder.path().join(&file.path);
    let mut content = std::fs::read(&path).unwrap();
    *content.last_mut().unwrap() ^= 1;
    std::fs::write(&path, content).unwrap();
    assert!(matches!(
        archive.get_range(&file).await,
        Err(ArchiveError::HashMismatch { .. })
    ));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        archive.get_range(&file).await,
        Err(ArchiveError::Missing { .. })
    ));
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let file = archive.put_range("akash", span(1, 1), [line(1, "{}")]).await.unwrap();
    std::fs::write(folder.path().join(format!("{}#1", file.path)), "half").unwrap();
    assert_eq!(archive.list("akash").await.unwrap(), [file]);
}

#[tokio::test]
async fn a_blob_comes_back_or_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open_folder(folder.path()).unwrap();
    let blob = archive.put_blob("akash", "state-100", b"state").await.unwrap();
    assert_eq!(archive.get_blob(&blob).await.unwrap(), b"state");
    let wrong = BlobRef {
        sha256: "00".into(),
        ..blob.clone()
    };
    assert!(matches!(
        archive.get_blob(&wrong).await,
        Err(ArchiveError::HashMismatch { .. })
    ));
    archive.delete(&blob.path).await.unwrap();
    archive.delete(&blob.path).await.unwrap();
    assert!(matches!(
        archive.get_blob(&blob).await,
        Err(ArchiveError::Missing { .. })
    ));
}

proptest! {
    #[test]
    fn any_line_survives(
        height: u64,
        bodies in prop::collection::vec(
            prop::option::of(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                ".{0,20}".prop_map(String::into_bytes),
                Just(b"{\"a\":[1,2]}".to_vec()),
                Just(b" {}".to_vec()),
                Just(b"{]".to_vec()),
            ]),
            0..5,
        ),
    ) {
        let names = ["a", "b", "c", "d", "e"];
        let line = ArchiveLine::at_height(height, names.into_iter().zip(bodies.into_iter().map(|body| body.map(Bytes::from))));
        let mut out = Vec::new();
        line.write_to(&mut out).unwrap();
        prop_assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
        prop_assert_eq!(serde_json::from_slice::<ArchiveLine>(&out).unwrap(), line);
    }
}
