#![allow(clippy::unwrap_used)]

use super::*;

/// The folder of a table with parts and logs, as the engine leaves it.
struct Table {
    data: tempfile::TempDir,
    folder: PathBuf,
}

impl Table {
    fn new(parts: &[&str], logs: &[(u64, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let folder = data
            .path()
            .join("clickhouse/store/625/625f4ebd-9a48-4069-9a9b-687887c5dfef");
        fs::create_dir_all(folder.join(LOGS)).unwrap();
        fs::write(folder.join(FORMAT_VERSION), "1").unwrap();
        for part in parts {
            fs::create_dir(folder.join(part)).unwrap();
        }
        for (number, text) in logs {
            fs::write(folder.join(LOGS).join(format!("deduplication_log_{number}.txt")), text).unwrap();
        }
        Self { data, folder }
    }

    fn forget(&self) -> Vec<Outcome> {
        let found = forget_lost(self.data.path()).unwrap();
        assert!(found.iter().all(|(table, _)| *table == self.folder));
        assert!(!self.data.path().join(TEMPORARY).exists());
        found.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn log(&self, number: u64) -> String {
        fs::read_to_string(self.folder.join(LOGS).join(format!("deduplication_log_{number}.txt"))).unwrap()
    }

    /// Asserts that nothing is changed and `why` is said.
    fn is_left_alone(&self, why: &str) {
        let before = self.log(1);
        match self.forget().as_slice() {
            [Outcome::LeftAlone(text)] => assert!(text.contains(why), "{text}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.log(1), before);
    }
}

fn forgotten(parts: &[&str]) -> Vec<Outcome> {
    vec![Outcome::Forgotten(parts.iter().map(|&part| part.to_owned()).collect())]
}

#[test]
fn a_token_without_its_part_is_forgotten_and_no_other() {
    let table = Table::new(
        &["all_1_1_0", "all_3_3_0", "tmp_insert_all_4_4_0", "detached"],
        &[(
            1,
            "1\tall_1_1_0\ta\n1\tall_2_2_0\tb\n1\tall_3_3_0\tc\n1\tall_4_4_0\td\n",
        )],
    );
    assert_eq!(table.forget(), forgotten(&["all_2_2_0", "all_4_4_0"]));
    assert_eq!(table.log(1), "1\tall_1_1_0\ta\n1\tall_3_3_0\tc\n");
    assert_eq!(table.forget(), [], "a second time there is nothing to do");
}

#[test]
fn merged_and_mutated_parts_keep_the_tokens_of_their_blocks() {
    let table = Table::new(
        &["all_1_3_1", "all_4_4_0_9"],
        &[(1, "1\tall_1_1_0\ta\n1\tall_3_3_0\tb\n1\tall_4_4_0\tc\n")],
    );
    assert_eq!(table.forget(), []);
}

#[test]
fn only_the_file_with_a_lost_token_is_written() {
    let table = Table::new(
        &["all_1_1_0"],
        &[(9, "1\tall_1_1_0\ta\n"), (10, "1\tall_2_2_0\tb\n"), (11, "")],
    );
    let untouched = fs::metadata(table.folder.join(LOGS).join("deduplication_log_9.txt")).unwrap();
    assert_eq!(table.forget(), forgotten(&["all_2_2_0"]));
    assert_eq!(
        (table.log(9).as_str(), table.log(10).as_str()),
        ("1\tall_1_1_0\ta\n", "")
    );
    let now = fs::metadata(table.folder.join(LOGS).join("deduplication_log_9.txt")).unwrap();
    assert_eq!(now.modified().unwrap(), untouched.modified().unwrap());
}

#[test]
fn what_the_engine_dropped_itself_stays_in_the_log() {
    // The token was dropped with its part and used again: only the last use counts, also across files.
    let table = Table::new(
        &["all_7_7_0"],
        &[(1, "1\tall_1_1_0\ta\n"), (2, "2\tall_1_1_0\ta\n1\tall_7_7_0\ta\n")],
    );
    assert_eq!(table.forget(), []);
    let lost_again = Table::new(&[], &[(1, "1\tall_1_1_0\ta\n2\tall_1_1_0\ta\n1\tall_7_7_0\ta\n")]);
    assert_eq!(lost_again.forget(), forgotten(&["all_7_7_0"]));
    assert_eq!(lost_again.log(1), "1\tall_1_1_0\ta\n2\tall_1_1_0\ta\n");
}

#[test]
fn what_is_not_understood_is_left_alone() {
    let lost = "1\tall_1_1_0\ta\n";
    for (text, line) in [
        ("3\tall_2_2_0\tb\n", 2),
        ("1\tall_2_2_0\n", 2),
        ("1\tall_2_2_0\tb\tmore\n", 2),
        ("1\tall_2_2\tb\n", 2),
        ("1\tall_2_2_0\t\n", 2),
        ("\n", 2),
        ("1\tall_2_2_0\tb\n1\tall_", 3),
        ("1\tall_2_2_0\tb", 2),
    ] {
        Table::new(&[], &[(1, &format!("{lost}{text}"))]).is_left_alone(&format!("unknown line {line}"));
    }
}

#[test]
fn an_unknown_format_or_file_is_left_alone() {
    let lost = [(1, "1\tall_1_1_0\ta\n")];
    let newer = Table::new(&[], &lost);
    fs::write(newer.folder.join(FORMAT_VERSION), "2\n").unwrap();
    newer.is_left_alone("says \"2\"");
    for name in ["compacting", "deduplication_log_2.bin", "deduplication_log_.txt"] {
        let other = Table::new(&[], &lost);
        fs::write(other.folder.join(LOGS).join(name), "").unwrap();
        other.is_left_alone(name);
    }
}

#[test]
fn a_new_data_folder_has_nothing_to_forget() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(forget_lost(data.path()).unwrap(), []);
}
