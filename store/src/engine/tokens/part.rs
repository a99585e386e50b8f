//! Names of parts.

/// The name of a part on disk, such as `all_3_7_2` or, after a mutation, `all_3_7_2_9`: the blocks that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartName {
    partition: String,
    min_block: u64,
    max_block: u64,
}

impl PartName {
    /// Reads `PARTITION_MIN_MAX_LEVEL[_MUTATION]`; anything else, such as a part that is being written
    /// (`tmp_insert_all_3_3_0`), is none.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let fields: Vec<&str> = name.split('_').collect();
        let (&partition, numbers) = fields.split_first()?;
        let numbers: Vec<u64> = numbers.iter().map(|field| number(field)).collect::<Option<_>>()?;
        let (&[min_block, max_block, _] | &[min_block, max_block, _, _]) = numbers.as_slice() else {
            return None;
        };
        let known = partition.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (known && !partition.is_empty() && min_block <= max_block).then(|| Self {
            partition: partition.to_owned(),
            min_block,
            max_block,
        })
    }

    /// Whether the rows of `other` are in this part, which may be a merged one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.partition == other.partition && self.min_block <= other.min_block && other.max_block <= self.max_block
    }
}

fn number(field: &str) -> Option<u64> {
    // `parse` alone would take a sign.
    field.bytes().all(|b| b.is_ascii_digit()).then(|| field.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_finished_parts_have_a_name() {
        for name in ["all_3_3_0", "all_3_7_2_9", "202401_1_1_0", "2024-1_1_1_0"] {
            assert!(PartName::parse(name).is_some(), "{name}");
        }
        for name in [
            "tmp_insert_all_3_3_0",
            "tmp_merge_all_3_7_1",
            "delete_tmp_all_3_3_0",
            "attaching_all_3_3_0",
            "all_7_3_0",
            "all_+3_3_0",
            "_3_3_0",
            "all_3_3",
            "detached",
            "deduplication_logs",
            "mutation_8.txt",
            "all_3_99999999999999999999_0",
        ] {
            assert_eq!(PartName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_merged_part_holds_the_rows_of_all_its_blocks() {
        let part = |name| PartName::parse(name).unwrap();
        let merged = part("all_3_7_2_9");
        assert!(merged.covers(&part("all_3_3_0")) && merged.covers(&part("all_7_7_0")));
        assert!(!merged.covers(&part("all_2_2_0")) && !merged.covers(&part("all_8_8_0")));
        assert!(!merged.covers(&part("202401_5_5_0")));
    }
}
