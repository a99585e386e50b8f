-- A network of kind render: slots 100 to 450, one slot every 6,048 s, so that each weekly epoch has 100 slots and epoch 1 begins at
-- slot 100, 2026-01-07 00:00 UTC. `$NAME` stands for an address or a signature of the recordings. The newest list of live ranges
-- ends at slot 450.
INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES
('rec-render-1', 'facts', 1, 100, 450, 1, '2026-02-01 00:00:00'), ('rec-render-1', 'observations', 1, 450, 450, 1, '2026-02-01 00:00:00')
-- @stmt
INSERT INTO networks (network, chain_id, kind, first_height, note, instance, mirrored_at) VALUES ('rec-render-1', 'render-1', 'render', 100, '', 'test', '2026-02-01 00:00:00')
-- @stmt
INSERT INTO render_epoch_boundaries (network, version, digest, epoch, starts_at, ends_at, from_slot, to_slot, basis)
SELECT 'rec-render-1', 1, 1, number + 1, toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalDay(7 * number),
    toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalDay(7 * (number + 1)), 100 * (number + 1), 100 * (number + 1) + 99, 'recording' FROM numbers(4)
-- @stmt
INSERT INTO render_watch_accounts (network, version, digest, address, owner, role, subnet, label, watch_evidence, valid_from_slot, valid_to_slot) VALUES
('rec-render-1', 1, 1, '$MINT', '', 'mint', '', 'mint', 'recording', 0, NULL),
('rec-render-1', 1, 1, '$TREASURY', '$TREASURY_OWNER', 'treasury', '', 'treasury', 'recording', 0, NULL),
('rec-render-1', 1, 1, '$BURN1', '$BURN1_OWNER', 'burn', '', 'burn_1', 'recording', 0, NULL),
('rec-render-1', 1, 1, '$BURN2', '$BURN2_OWNER', 'burn', '', 'burn_2', 'recording', 200, NULL),
('rec-render-1', 1, 1, '$WORK', '$WORK_OWNER', 'payout_work', '', 'payout_work', 'recording', 0, NULL),
('rec-render-1', 1, 1, '$AVAIL', '$AVAIL_OWNER', 'payout_availability', '', 'payout_availability', 'recording', 0, NULL),
('rec-render-1', 1, 1, '$MARKET', '$MARKET_OWNER', 'market', '', 'market', 'recording', 0, NULL)
-- @stmt
-- Slots with rows, and the end of the range. Slot 460 is past the watermark, generation 7 is dead.
INSERT INTO render_slots (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, transactions, window_from, accounts, evidence)
SELECT 'rec-render-1', 'render-1', slot, toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalSecond(6048 * (slot - 100)), '', -1, -1, -1, generation, 1,
    if(slot = 450, 0, 1), if(slot = 450, toNullable(toUInt64(100)), NULL), if(slot = 450, ['$MINT', '$BURN1'], []), 'onchain'
FROM values('slot Int64, generation UInt32', (100, 1), (110, 1), (120, 1), (125, 1), (130, 1), (140, 1), (150, 1), (210, 1), (211, 1), (220, 1), (310, 1), (330, 1), (340, 1), (450, 1), (460, 1), (440, 7))
-- @stmt
-- Ten transactions that did something, one that failed.
INSERT INTO render_transactions (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, failed, error, fee, fee_payer, version, class, memo, events, unexplained, unknown_instructions, evidence)
SELECT 'rec-render-1', 'render-1', slot, toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalSecond(6048 * (slot - 100)), signature, -1, -1, -1, 1, 1,
    class = 'failed', if(class = 'failed', '{"InstructionError":[0,{"Custom":1}]}', ''), 5000, '$TREASURY_OWNER', 0, class, memo, events, unexplained, 0, 'onchain'
FROM values('slot Int64, signature String, class String, memo String, events UInt32, unexplained UInt32',
    (110, '$S0', 'emission_mint', '', 1, 0), (120, '$S1', 'treasury', '', 2, 0), (125, '$S2', 'market', '', 1, 0), (130, '$S3', 'job_payment', '', 1, 0),
    (140, '$S4', 'job_burn', 'jobs of epoch 1', 1, 0), (150, '$S5', 'other_burn', '', 1, 0), (210, '$S6', 'node_work_reward', '', 2, 0), (211, '$S7', 'availability_reward', '', 1, 0),
    (220, '$S8', 'mixed', '', 2, 0), (310, '$S9', 'node_work_reward', '', 2, 0), (330, '$S10', 'unknown', '', 2, 2), (340, '$S11', 'failed', '', 0, 0))
-- @stmt
-- What they did. The mint is above 2^53 base units; the failed one did nothing; the burns of slot 460 and of generation 7 may not be seen.
INSERT INTO render_token_events (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, kind, instruction, program, mint,
    source_account, source_owner, dest_account, dest_owner, authority, amount, sign, decimals, via_batch, tx_version, memo, source_role, dest_role, class, class_rule, epoch, epoch_guess, epoch_guess_by, evidence)
SELECT 'rec-render-1', 'render-1', slot, toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalSecond(6048 * (slot - 100)), signature, outer, -1, batch, generation, 1, kind,
    if(kind = 'unexplained_delta', '', if(kind = 'mint', 'mintTo', kind)), 'spl-token', '$MINT', source, source_owner, dest, dest_owner, source_owner,
    amount, if(kind = 'unexplained_delta' AND dest = '', -1, 1), 8, batch >= 0, 0, memo, source_role, dest_role, class, concat('rule:', class),
    toUInt32(intDiv(slot - 100, 100) + 1), if(class LIKE '%reward', toNullable(toUInt32(intDiv(slot - 100, 100))), NULL), if(class LIKE '%reward', 'default', ''), 'onchain'
FROM values('slot Int64, signature String, outer Int32, batch Int32, generation UInt32, kind String, source String, source_owner String, dest String, dest_owner String, amount UInt64, memo String, source_role String, dest_role String, class String',
    (110, '$S0', 0, -1, 1, 'mint', '', '', '$TREASURY', '$TREASURY_OWNER', 9007199254740993, '', '', 'treasury', 'emission_mint'),
    (120, '$S1', 0, -1, 1, 'transfer', '$TREASURY', '$TREASURY_OWNER', '$WORK', '$WORK_OWNER', 5000000000, '', 'treasury', 'payout_work', 'treasury'),
    (120, '$S1', 1, -1, 1, 'transfer', '$TREASURY', '$TREASURY_OWNER', '$AVAIL', '$AVAIL_OWNER', 1000000000, '', 'treasury', 'payout_availability', 'treasury'),
    (125, '$S2', 0, -1, 1, 'transfer', '$TREASURY', '$TREASURY_OWNER', '$MARKET', '$MARKET_OWNER', 2000000000, '', 'treasury', 'market', 'market'),
    (130, '$S3', 0, -1, 1, 'transfer', '$MARKET', '$MARKET_OWNER', '$BURN1', '$BURN1_OWNER', 500000000, '', 'market', 'burn', 'job_payment'),
    (140, '$S4', 0, -1, 1, 'burn', '$BURN1', '$BURN1_OWNER', '', '', 500000000, 'jobs of epoch 1', 'burn', '', 'job_burn'),
    (140, '$S4', 0, -1, 7, 'burn', '$BURN1', '$BURN1_OWNER', '', '', 1, 'dead', 'burn', '', 'job_burn'),
    (150, '$S5', 0, -1, 1, 'burn', '$MARKET', '$MARKET_OWNER', '', '', 1, '', 'market', '', 'other_burn'),
    (210, '$S6', 0, 0, 1, 'transfer', '$WORK', '$WORK_OWNER', '$OP1', '$OP1_OWNER', 1000000000, '', 'payout_work', '', 'node_work_reward'),
    (210, '$S6', 0, 1, 1, 'transfer', '$WORK', '$WORK_OWNER', '$OP2', '$OP2_OWNER', 2000000000, '', 'payout_work', '', 'node_work_reward'),
    (211, '$S7', 0, -1, 1, 'transfer', '$AVAIL', '$AVAIL_OWNER', '$OP1', '$OP1_OWNER', 100000000, '', 'payout_availability', '', 'availability_reward'),
    (220, '$S8', 0, -1, 1, 'transfer', '$MARKET', '$MARKET_OWNER', '$BURN2', '$BURN2_OWNER', 300000000, '', 'market', 'burn', 'job_payment'),
    (220, '$S8', 1, -1, 1, 'burn', '$BURN2', '$BURN2_OWNER', '', '', 300000000, '', 'burn', '', 'job_burn'),
    (310, '$S9', 0, -1, 1, 'transfer', '$WORK', '$WORK_OWNER', '$OP1', '$OP1_OWNER', 1200000000, '', 'payout_work', '', 'node_work_reward'),
    (310, '$S9', 1, -1, 1, 'transfer', '$WORK', '$WORK_OWNER', '$OP3', '$OP3_OWNER', 500000000, '', 'payout_work', '', 'node_work_reward'),
    (330, '$S10', -1, -1, 1, 'unexplained_delta', '$OP2', '$OP2_OWNER', '', '', 5, '', '', '', 'unknown'),
    (330, '$S10', -1, -1, 1, 'unexplained_delta', '', '', '$OP3', '$OP3_OWNER', 5, '', '', '', 'unknown'),
    (460, '$S12', 0, -1, 1, 'burn', '$BURN1', '$BURN1_OWNER', '', '', 77, 'past the watermark', 'burn', '', 'job_burn'))
-- @stmt
INSERT INTO render_balance_changes (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, account, owner, owner_before, pre, post, created, closed, watched, role, evidence)
SELECT 'rec-render-1', 'render-1', slot, toDateTime64('2026-01-07 00:00:00', 3, 'UTC') + toIntervalSecond(6048 * (slot - 100)), signature, -1, -1, -1, 1, 1,
    account, owner, if(pre = 0, '', owner), pre, post, pre = 0, 0, role != '', role, 'onchain'
FROM values('slot Int64, signature String, account String, owner String, pre UInt64, post UInt64, role String',
    (110, '$S0', '$TREASURY', '$TREASURY_OWNER', 0, 9007199254740993, 'treasury'),
    (120, '$S1', '$TREASURY', '$TREASURY_OWNER', 9007199254740993, 9007193254740993, 'treasury'),
    (120, '$S1', '$WORK', '$WORK_OWNER', 0, 5000000000, 'payout_work'), (120, '$S1', '$AVAIL', '$AVAIL_OWNER', 0, 1000000000, 'payout_availability'),
    (125, '$S2', '$TREASURY', '$TREASURY_OWNER', 9007193254740993, 9007191254740993, 'treasury'), (125, '$S2', '$MARKET', '$MARKET_OWNER', 0, 2000000000, 'market'),
    (130, '$S3', '$MARKET', '$MARKET_OWNER', 2000000000, 1500000000, 'market'), (130, '$S3', '$BURN1', '$BURN1_OWNER', 0, 500000000, 'burn'),
    (140, '$S4', '$BURN1', '$BURN1_OWNER', 500000000, 0, 'burn'), (150, '$S5', '$MARKET', '$MARKET_OWNER', 1500000000, 1499999999, 'market'),
    (210, '$S6', '$WORK', '$WORK_OWNER', 5000000000, 2000000000, 'payout_work'), (210, '$S6', '$OP1', '$OP1_OWNER', 0, 1000000000, ''), (210, '$S6', '$OP2', '$OP2_OWNER', 0, 2000000000, ''),
    (211, '$S7', '$AVAIL', '$AVAIL_OWNER', 1000000000, 900000000, 'payout_availability'), (211, '$S7', '$OP1', '$OP1_OWNER', 1000000000, 1100000000, ''),
    (220, '$S8', '$MARKET', '$MARKET_OWNER', 1499999999, 1199999999, 'market'), (220, '$S8', '$BURN2', '$BURN2_OWNER', 0, 0, 'burn'),
    (310, '$S9', '$WORK', '$WORK_OWNER', 2000000000, 300000000, 'payout_work'), (310, '$S9', '$OP1', '$OP1_OWNER', 1100000000, 2300000000, ''), (310, '$S9', '$OP3', '$OP3_OWNER', 0, 500000000, ''),
    (330, '$S10', '$OP2', '$OP2_OWNER', 2000000000, 1999999995, ''), (330, '$S10', '$OP3', '$OP3_OWNER', 500000000, 500000005, ''))
-- @stmt
-- A node's own answers at slot 450: minted less burned is 9,007,198,454,740,992.
INSERT INTO render_observations (network, chain_id, slot, block_time, signature, outer, inner, batch, generation, row_hash, subject, address, owner, amount, endpoint, evidence)
SELECT 'rec-render-1', 'render-1', 450, toDateTime64('2026-01-31 12:00:00', 3, 'UTC'), address, -1, -1, -1, 1, 1, subject, address, '', amount, 'node', 'onchain'
FROM values('subject String, address String, amount UInt64', ('supply', '$MINT', 9007198454740992), ('balance', '$BURN1', 0), ('balance', '$WORK', 300000000))
-- @stmt
-- What others reported of the same epochs.
INSERT INTO offchain_render_epochs (network, source, epoch, starts_at, ends_at, burned, burned_usd, work_paid, availability_paid, wallets_paid, fetched_at, document, evidence) VALUES
('rec-render-1', 'foundation', 1, '2026-01-07 00:00:00', '2026-01-14 00:00:00', '5.5', '11', NULL, NULL, NULL, '2026-02-01 00:00:00', 'd1', 'offchain_reported'),
('rec-render-1', 'foundation', 2, '2026-01-14 00:00:00', '2026-01-21 00:00:00', '3', '6.75', NULL, NULL, NULL, '2026-02-01 00:00:00', 'd1', 'offchain_reported'),
('rec-render-1', 'dune', 1, '2026-01-07 00:00:00', '2026-01-14 00:00:00', NULL, NULL, '31.25', '1', 2, '2026-02-01 00:00:00', 'd2', 'offchain_reported')
