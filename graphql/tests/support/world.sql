-- Two live generations side by side in the first network: heights 1 to 100 were derived again (generation 2).
-- The older list of live ranges (version 1) no longer counts.
INSERT INTO live_ranges (network, stage, version, from_height, to_height, generation, committed_at) VALUES
('rec-whole-1', 'facts', 1, 1, 240, 1, '2026-03-02 01:00:01'),
('rec-whole-1', 'facts', 2, 1, 100, 2, '2026-03-02 01:00:05'), ('rec-whole-1', 'facts', 2, 101, 240, 1, '2026-03-02 01:00:05'),
('rec-whole-1', 'state', 1, 1, 240, 1, '2026-03-02 01:00:06'),
('facts-only', 'facts', 1, 1, 40, 1, '2026-03-02 01:00:00'), ('facts-only', 'facts', 1, 101, 200, 1, '2026-03-02 01:00:00')
-- @stmt
INSERT INTO blocks (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash)
SELECT 'rec-whole-1', 'whole-1', number + 1, toDateTime64('2026-03-01 23:00:00', 3, 'UTC') + toIntervalSecond(30 * (number + 1)), -1, -1, -1, if(number < 100, 2, 1), 1 FROM numbers(240)
-- @stmt
-- A dead generation of the same heights with wrong times, and heights past the watermark: neither may be seen.
INSERT INTO blocks (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash)
SELECT 'rec-whole-1', 'whole-1', number + 1, toDateTime64('2020-01-01 00:00:00', 3, 'UTC'), -1, -1, -1, if(number < 100, 1, 3), 1 FROM numbers(260)
-- @stmt
INSERT INTO blocks (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash)
SELECT 'facts-only', 'facts-1', number + 1, toDateTime64('2026-03-01 23:00:00', 3, 'UTC') + toIntervalSecond(30 * (number + 1)), -1, -1, -1, 1, 1 FROM numbers(200)
-- @stmt
-- Leases, one row per change. Heights 10, 20 and 60 are 23:05, 23:10 and 23:30 on the first day; 130, 150, 180 and 200
-- are 00:05, 00:15, 00:30 and 00:40 on the second.
INSERT INTO leases (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, owner, dseq, gseq, oseq, provider, bseq, state, price, denom, created_at, created_time, closed_on, reason, reason_in_state, reclamation, cpu_milli, memory_bytes, storage_bytes, gpu_units, gpu_vendor, gpu_model, gpu_ram, gpu_interface, gpu_resolved_by, removed) VALUES
('rec-whole-1', 'whole-1', 10, '2026-03-01 23:05:00', 0, 0, 3, 1, 11, 'tenant1', 10, 1, 1, 'providerA', 0, 'active', '123105.6', 'uact', 10, '2026-03-01 23:05:00', 0, '', '', '', 8000, 17179869184, 1073741824, 8, 'nvidia', 'h100', '80Gi', 'sxm', 'offer', 0),
('rec-whole-1', 'whole-1', 20, '2026-03-01 23:10:00', 0, 0, 3, 1, 12, 'tenant1', 18446744073709551615, 1, 1, 'providerA', 0, 'active', '0.000000000000000001', 'uakt', 20, '2026-03-01 23:10:00', 0, '', '', '', 1000, 1, 1, 1, 'nvidia', 'a100', '', '', 'group', 0),
('rec-whole-1', 'whole-1', 130, '2026-03-02 00:05:00', 0, 0, 3, 1, 13, 'tenant1', 18446744073709551615, 1, 1, 'providerA', 0, 'closed', '0.000000000000000001', 'uakt', 20, '2026-03-01 23:10:00', 130, 'lease_closed_owner', 'lease_closed_invalid', '', 1000, 1, 1, 1, 'nvidia', 'a100', '', '', 'group', 0),
('rec-whole-1', 'whole-1', 140, '2026-03-02 00:10:00', -2, -1, -1, 1, 14, 'tenant1', 18446744073709551615, 1, 1, 'providerA', 0, 'closed', '0.000000000000000001', 'uakt', 20, '2026-03-01 23:10:00', 130, 'lease_closed_owner', 'unspecified', '', 1000, 1, 1, 1, 'nvidia', 'a100', '', '', 'group', 0),
('rec-whole-1', 'whole-1', 60, '2026-03-01 23:30:00', 0, 0, 3, 1, 15, 'tenant2', 30, 1, 1, 'providerB', 0, 'active', '5', 'uakt', 60, '2026-03-01 23:30:00', 0, '', '', '', 500, 2, 3, 0, '', '', '', '', 'none', 0),
('rec-whole-1', 'whole-1', 180, '2026-03-02 00:30:00', 0, 0, 3, 1, 16, 'tenant2', 30, 1, 1, 'providerB', 0, 'insufficient_funds', '5', 'uakt', 60, '2026-03-01 23:30:00', 180, '', 'lease_closed_insufficient_funds', '', 500, 2, 3, 0, '', '', '', '', 'none', 0),
('rec-whole-1', 'whole-1', 150, '2026-03-02 00:15:00', 0, 0, 3, 1, 17, 'tenant2', 31, 1, 1, 'providerB', 0, 'active', '7', 'uact', 150, '2026-03-02 00:15:00', 0, '', '', '', 500, 2, 3, 2, 'nvidia', 'h100', '', '', 'provider', 0),
('rec-whole-1', 'whole-1', 200, '2026-03-02 00:40:00', 0, 0, 3, 1, 18, 'tenant2', 31, 1, 1, 'providerB', 0, 'reclaiming', '7', 'uact', 150, '2026-03-02 00:15:00', 0, '', '', '{"window":"15s"}', 500, 2, 3, 2, 'nvidia', 'h100', '', '', 'provider', 0),
('rec-whole-1', 'whole-1', 10, '2026-03-01 23:05:00', 0, 0, 3, 7, 99, 'dead-generation', 1, 1, 1, 'providerA', 0, 'active', '1', 'uakt', 10, '2026-03-01 23:05:00', 0, '', '', '', 1, 1, 1, 1, '', '', '', '', 'unknown', 0),
('rec-whole-1', 'whole-1', 241, '2026-03-02 01:00:30', 0, 0, 3, 1, 98, 'past-the-watermark', 1, 1, 1, 'providerA', 0, 'active', '1', 'uakt', 241, '2026-03-02 01:00:30', 0, '', '', '', 1, 1, 1, 1, '', '', '', '', 'unknown', 0)
-- @stmt
-- Provider A is there from the first block on, B comes at height 50 (23:25) and changes its address at 90, C comes at 70 (23:35) and
-- leaves at 160 (00:20).
INSERT INTO providers (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, owner, host_uri, email, website, created_at, attributes, removed) VALUES
('rec-whole-1', 'whole-1', 1, '2026-03-01 23:00:30', 0, 0, 0, 1, 21, 'providerA', 'https://a.example:8443', 'a@example.com', '', 1, '[{"key":"region","value":"eu-west"},{"key":"capabilities/gpu/vendor/nvidia/model/h100","value":"true"}]', 0),
('rec-whole-1', 'whole-1', 50, '2026-03-01 23:25:00', 0, 0, 0, 1, 22, 'providerB', 'https://b.example:8443', '', '', 50, '[]', 0),
('rec-whole-1', 'whole-1', 90, '2026-03-01 23:45:00', 0, 0, 0, 1, 23, 'providerB', 'https://b2.example:8443', '', '', 50, '[]', 0),
('rec-whole-1', 'whole-1', 70, '2026-03-01 23:35:00', 0, 0, 0, 1, 24, 'providerC', 'https://c.example:8443', '', '', 70, '[]', 0),
('rec-whole-1', 'whole-1', 160, '2026-03-02 00:20:00', 0, 0, 0, 1, 25, 'providerC', 'https://c.example:8443', '', '', 70, '[]', 1)
-- @stmt
INSERT INTO audits (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, owner, auditor, attributes, removed) VALUES
('rec-whole-1', 'whole-1', 95, '2026-03-01 23:47:30', 0, 0, 0, 1, 31, 'providerA', 'auditor1', '[]', 0)
-- @stmt
-- Payouts: at 23:50 before the take was abolished, at 00:05 one beyond 64 bits, at 00:30. The second row of height 180
-- is the first one inserted twice; the row of generation 7 is dead.
INSERT INTO lease_payouts (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, owner, dseq, gseq, oseq, provider, bseq, gross, take_fee, net, denom) VALUES
('rec-whole-1', 'whole-1', 100, '2026-03-01 23:50:00', 0, 0, 5, 1, 41, 'tenant2', 30, 1, 1, 'providerB', 0, 1000000, 20000, 980000, 'uakt'),
('rec-whole-1', 'whole-1', 130, '2026-03-02 00:05:00', 0, 0, 5, 1, 42, 'tenant1', 10, 1, 1, 'providerA', 0, 18446744073709551616, 0, 18446744073709551616, 'uact'),
('rec-whole-1', 'whole-1', 180, '2026-03-02 00:30:00', 0, 0, 5, 1, 43, 'tenant2', 30, 1, 1, 'providerB', 0, 500000, 10000, 490000, 'uakt'),
('rec-whole-1', 'whole-1', 180, '2026-03-02 00:30:00', 0, 0, 5, 7, 44, 'tenant2', 30, 1, 1, 'providerB', 0, 1, 0, 1, 'uakt')
-- @stmt
INSERT INTO lease_payouts (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, owner, dseq, gseq, oseq, provider, bseq, gross, take_fee, net, denom) VALUES
('rec-whole-1', 'whole-1', 180, '2026-03-02 00:30:00', 0, 0, 5, 1, 43, 'tenant2', 30, 1, 1, 'providerB', 0, 500000, 10000, 490000, 'uakt')
-- @stmt
-- Events of the second network: one lease in the segment that does not hold the tip, two in the one that does.
INSERT INTO lease_events (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, kind, owner, dseq, gseq, oseq, provider, bseq, price, denom, reason) VALUES
('facts-only', 'facts-1', 30, '2026-03-01 23:15:00', 0, 0, 0, 1, 51, 'created', 't', 1, 1, 1, 'p', 0, '1', 'uakt', ''),
('facts-only', 'facts-1', 110, '2026-03-01 23:55:00', 0, 0, 0, 1, 52, 'created', 't', 2, 1, 1, 'p', 0, '1', 'uakt', ''),
('facts-only', 'facts-1', 140, '2026-03-02 00:10:00', 0, 0, 0, 1, 53, 'created', 't', 3, 1, 1, 'p', 0, '1', 'uakt', ''),
('facts-only', 'facts-1', 150, '2026-03-02 00:15:00', 0, 0, 0, 1, 54, 'closed', 't', 2, 1, 1, 'p', 0, '0', '', 'lease_closed_owner'),
('facts-only', 'facts-1', 160, '2026-03-02 00:20:00', 0, 0, 0, 1, 55, 'reclaim_started', 't', 3, 1, 1, 'p', 0, '0', '', '')
-- @stmt
INSERT INTO escrow_transfers (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, class, sender, recipient, amount, denom) VALUES
('facts-only', 'facts-1', 120, '2026-03-02 00:00:00', 0, 0, 0, 1, 61, 'take_fee', 'escrow', 'distribution', 2, 'uakt'),
('facts-only', 'facts-1', 120, '2026-03-02 00:00:00', 0, 0, 1, 1, 62, 'lease_payout', 'escrow', 'p', 98, 'uakt'),
('facts-only', 'facts-1', 120, '2026-03-02 00:00:00', 0, 0, 2, 1, 63, 'bid_refund', 'escrow', 'p', 500000, 'uakt'),
('facts-only', 'facts-1', 20, '2026-03-01 23:10:00', 0, 0, 1, 1, 64, 'lease_payout', 'escrow', 'p', 7777, 'uakt')
-- @stmt
-- What the incumbent counts: 2.5 uakt a block from 10 on, 5 from 20 to 129; 7 uact a block from 60 on. One row of a dead generation.
INSERT INTO accrued_spend (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, denom, since, rate, spent, active_leases, cpu_milli, memory_bytes, storage_bytes, gpu_units, removed) VALUES
('rec-whole-1', 'whole-1', 10, '2026-03-01 23:05:00', -2, -1, 9, 1, 61, 'uakt', 0, '2.5', '2.5', 1, 1000, 1, 1, 1, 0),
('rec-whole-1', 'whole-1', 20, '2026-03-01 23:10:00', -2, -1, 9, 1, 62, 'uakt', 0, '5', '30', 2, 2000, 2, 2, 9, 0),
('rec-whole-1', 'whole-1', 130, '2026-03-02 00:05:00', -2, -1, 9, 1, 63, 'uakt', 0, '0', '575', 0, 0, 0, 0, 0, 0),
('rec-whole-1', 'whole-1', 60, '2026-03-01 23:30:00', -2, -1, 9, 1, 64, 'uact', 0, '7', '7', 1, 500, 2, 3, 8, 0),
('rec-whole-1', 'whole-1', 60, '2026-03-01 23:30:00', -2, -1, 9, 7, 65, 'uact', 0, '9999', '9999', 1, 500, 2, 3, 8, 0)
-- @stmt
-- Three deployments: one lasts, one is used up at 220, of one nothing is due.
INSERT INTO escrow_funding (network, chain_id, height, block_time, tx_index, msg_index, event_index, generation, row_hash, xid, denom, settled_at, rate, available, predicted_close, console_predicted_close, removed) VALUES
('rec-whole-1', 'whole-1', 10, '2026-03-01 23:05:00', -2, -1, 8, 1, 71, 'tenant1/10', 'uact', 10, '123105.6', '123105600', 1011, 1010, 0),
('rec-whole-1', 'whole-1', 150, '2026-03-02 00:15:00', -2, -1, 8, 1, 72, 'tenant2/31', 'uact', 150, '7', '483', 220, 219, 0),
('rec-whole-1', 'whole-1', 20, '2026-03-01 23:10:00', -2, -1, 8, 1, 73, 'tenant1/18446744073709551615', 'uakt', 20, '0', '1', NULL, NULL, 0)
