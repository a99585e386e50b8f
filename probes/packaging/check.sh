#!/usr/bin/env bash
# Proves of a built gridproof-probe what providers are promised: small, no newer symbol than glibc 2.31's, no library but
# glibc's, and a fast and clear end where there is no GPU. Prints every figure.
#
#   check.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly BINARY=${1:-target/x86_64-unknown-linux-gnu/probe/gridproof-probe}
readonly MAX_BYTES=10000000
readonly GLIBC=2.31
readonly MAX_START_MS=100
readonly RUNS=20
# Libraries of glibc itself, and the loader.
readonly ALLOWED='libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux-x86-64\.so\.2'

fail() { printf 'FAILED: %s\n' "$1" >&2; exit 65; }
[ -x "$BINARY" ] || { printf 'no %s; run `make probe` first\n' "$BINARY" >&2; exit 69; }

bytes=$(stat -c %s "$BINARY")
printf 'size                %s bytes (limit %s)\n' "$bytes" "$MAX_BYTES"
[ "$bytes" -lt "$MAX_BYTES" ] || fail "the binary is too large"

newest=$(objdump -T "$BINARY" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -Vu | tail -n1)
printf 'newest symbol       GLIBC_%s (limit GLIBC_%s)\n' "$newest" "$GLIBC"
[ "$(printf '%s\n%s\n' "$newest" "$GLIBC" | sort -V | tail -n1)" = "$GLIBC" ] || fail "a symbol is newer than GLIBC_$GLIBC"

needed=$(objdump -p "$BINARY" | awk '$1 == "NEEDED" { print $2 }')
printf 'needs               %s\n' "$(echo $needed)"
others=$(grep -vxE "$ALLOWED" <<<"$needed" || true)
[ -z "$others" ] || fail "needs libraries that are not glibc's: $others"

# A folder with files that are no libraries comes first, so that no driver is found on a machine that has one, either.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for name in libcuda.so libcuda.so.1 libnvidia-ml.so libnvidia-ml.so.1; do echo none >"$folder/$name"; done

start() { env LD_LIBRARY_PATH="$folder" "$BINARY" run --quiet 2>"$folder/errors" >"$folder/output"; }
code=0; start || code=$?
printf 'without a GPU       exit %s: %s\n' "$code" "$(head -n1 "$folder/errors")"
[ "$code" -eq 69 ] || fail "exit $code without a driver, not 69"
grep -q '^error: no NVIDIA driver' "$folder/errors" || fail "no clear sentence"
[ ! -s "$folder/output" ] || fail "something was printed as if measured"

times=$(for _ in $(seq "$RUNS"); do
  begin=$(date +%s%N); start || true; end=$(date +%s%N)
  echo $(((end - begin) / 1000))
done | sort -n)
median_us=$(sed -n "$((RUNS / 2))p" <<<"$times")
printf 'start without a GPU %s us, median of %s (limit %s ms)\n' "$median_us" "$RUNS" "$MAX_START_MS"
[ "$median_us" -lt $((MAX_START_MS * 1000)) ] || fail "the start takes too long"
echo 'all as promised'
