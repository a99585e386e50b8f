// gp_noop, gp_blocker, gp_census, gp_heartbeat: launches, multiprocessors, and who else uses them.
#pragma once
#include "base.cuh"

KERNEL ONE_THREAD void gp_noop() {}

KERNEL ONE_THREAD void gp_blocker(const u32 *flag, u64 timeout_ns) {
  const u64 start = read_ns();
#pragma unroll 1
  while (load_shared_with_host(flag) == 0 && read_ns() - start < timeout_ns) {
  }
}

KERNEL ONE_WARP void gp_census(u32 *sm, u32 *nsm, u64 *cycles, u64 *ns, u64 spin) {
  const u64 ns_start = read_ns();
  const u64 cycles_start = read_cycles();
  u64 cycles_end = read_cycles();
#pragma unroll 1
  while (cycles_end - cycles_start < spin) cycles_end = read_cycles();
  const u64 ns_end = read_ns();
  if (THREAD != 0) return;
  sm[BLOCK] = read_sm();
  nsm[BLOCK] = read_sm_bound();
  cycles[BLOCK] = cycles_end - cycles_start;
  ns[BLOCK] = ns_end - ns_start;
}

// Words of a block's answer; the histogram follows.
enum HeartbeatWord { SM = 0, COUNT, MAX_NS, AT_NS, TOTAL_NS, READINGS, HISTOGRAM, HEARTBEAT_WORDS = HISTOGRAM + 32 };

KERNEL ONE_WARP void gp_heartbeat(u64 *out, u64 duration_ns, u64 threshold_ns) {
  if (THREAD != 0) return;
  u64 *words = out + (u64)BLOCK * HEARTBEAT_WORDS;
#pragma unroll 1
  for (int k = 0; k < HEARTBEAT_WORDS; k++) words[k] = 0;
  const u64 start = read_ns();
  u64 last = start, readings = 1, count = 0, longest = 0, longest_at = start, total = 0;
#pragma unroll 1
  while (last - start < duration_ns) {
    const u64 now = read_ns();
    readings++;
    // A timer that runs backwards is no gap.
    const u64 gap = now > last ? now - last : 0;
    if (gap > longest) {
      longest = gap;
      longest_at = last;
    }
    if (gap != 0 && gap >= threshold_ns) {
      const u32 power = log2_floor(gap);
      words[HISTOGRAM + (power < 31 ? power : 31)]++;
      count++;
      total += gap;
    }
    last = now > last ? now : last;
  }
  words[SM] = read_sm();
  words[COUNT] = count;
  words[MAX_NS] = longest;
  words[AT_NS] = longest_at;
  words[TOTAL_NS] = total;
  words[READINGS] = readings;
}
