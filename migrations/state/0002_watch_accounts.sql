-- Accounts of a token that count as something: added by hand or by discovery, accepted by a person, retired by time.
-- Portable: SQLite and PostgreSQL run the same statements.
CREATE TABLE watch_accounts (
    network          TEXT   NOT NULL,
    address          TEXT   NOT NULL, -- base58, case matters
    owner            TEXT   NOT NULL, -- empty for the mint
    role             TEXT   NOT NULL,
    subnet           TEXT   NOT NULL,
    label            TEXT   NOT NULL,
    evidence         TEXT   NOT NULL,
    valid_from_slot  BIGINT NOT NULL,
    valid_to_slot    BIGINT,          -- last slot that counts; null: it still does
    status           TEXT   NOT NULL, -- proposed, accepted, retired
    match_ratio      TEXT,            -- of a discovery, as a decimal
    first_seen_epoch BIGINT,
    added_ms         BIGINT NOT NULL,
    PRIMARY KEY (network, address, valid_from_slot)
);
