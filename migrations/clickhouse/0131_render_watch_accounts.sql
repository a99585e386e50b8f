-- Which accounts count, as what, and when: the watch set, mirrored as whole lists. `version` rises with every list and
-- `digest` tells equal lists apart from changed ones. `watch_evidence` says how the role is known.
CREATE TABLE IF NOT EXISTS render_watch_accounts
(
    network         LowCardinality(String),
    version         UInt64,
    digest          UInt64,
    address         String,
    owner           String,
    role            LowCardinality(String),
    subnet          LowCardinality(String),
    label           String,
    watch_evidence  String,
    valid_from_slot UInt64,
    valid_to_slot   Nullable(UInt64)
)
ENGINE = ReplacingMergeTree
ORDER BY (network, version, digest, address, role, valid_from_slot)
SETTINGS non_replicated_deduplication_window = 10000

-- @stmt
-- The newest list of each network.
CREATE OR REPLACE VIEW render_watch_accounts_newest AS
SELECT *
FROM render_watch_accounts FINAL
WHERE (network, (version, digest)) IN
(
    SELECT network, max((version, digest))
    FROM render_watch_accounts
    GROUP BY network
)
