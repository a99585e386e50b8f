#!/usr/bin/env bash
# Builds gridproof-probe for every Linux on x86-64 with glibc 2.31 or newer. Needs Rust and Python 3; the linker comes as
# pinned wheels into target/probe-venv. Leaves target/x86_64-unknown-linux-gnu/probe/gridproof-probe.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly GLIBC=2.31
readonly TARGET=x86_64-unknown-linux-gnu
readonly VENV=target/probe-venv
readonly PINS=probes/packaging/requirements.txt

# A changed pin makes a new environment.
stamp=$(sha256sum "$PINS" | cut -d' ' -f1)
if [ "$(cat "$VENV/pins" 2>/dev/null)" != "$stamp" ]; then
  rm -rf "$VENV"
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet --require-hashes --only-binary :all: -r "$PINS"
  printf '%s\n' "$stamp" >"$VENV/pins"
fi

rustup target list --installed 2>/dev/null | grep -qx "$TARGET" || rustup target add "$TARGET"

# Panic messages name source files; the binary should not say where it was built.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
flags="--remap-path-prefix=$registry=crates --remap-path-prefix=$PWD=gridproof"
RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$flags" PATH="$PWD/$VENV/bin:$PATH" cargo zigbuild --locked --profile probe --target "$TARGET.$GLIBC" -p gridproof-probe
ls -l "target/$TARGET/probe/gridproof-probe"
