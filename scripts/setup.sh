#!/bin/sh
# Makes .venv from a lock file: setup.sh LOCKFILE STAMP. Says in one line what is missing.
set -eu

lock=$1
stamp=$2
venv=${VENV:-.venv}

fail() {
    echo "hobotnica: $1" >&2
    exit 1
}

command -v git >/dev/null 2>&1 || fail "git is missing; install it and try again"

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c "$supported; import venv, ensurepip" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

# One that uv made has no pip of its own, and is of use only while uv is there.
usable() {
    "$venv/bin/python" -c "$supported" >/dev/null 2>&1 || return 1
    command -v uv >/dev/null 2>&1 || "$venv/bin/python" -c "import pip" >/dev/null 2>&1
}

if ! usable; then
    rm -rf "$venv"
    python=$(find_python)
    if [ -n "$python" ]; then
        "$python" -m venv "$venv" || fail "cannot make a virtual environment in $venv"
    elif command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --python '>=3.11,<3.14' "$venv" ||
            fail "uv could not provide Python 3.11, 3.12 or 3.13"
    else
        fail "needs Python 3.11, 3.12 or 3.13 with its venv module (Debian: python3-venv), or uv"
    fi
fi

echo "hobotnica: installing the packages of $lock (only the first time)"
if command -v uv >/dev/null 2>&1; then
    VIRTUAL_ENV="$venv" uv pip sync --quiet --compile-bytecode --require-hashes "$lock" ||
        fail "installing the packages of $lock failed (see above)"
else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r "$lock" || fail "installing the packages of $lock failed (see above)"
fi
touch "$venv/$stamp"
