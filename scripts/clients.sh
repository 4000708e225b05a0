#!/usr/bin/env bash
# Runs unmodified libraries of the Pusher Channels protocol against plenum: pusher-js, laravel-echo and pusher for Node, pusher
# and pysher for Python, and pusher-http-go. It needs Node with npm, and Python 3 with venv. It installs the libraries into
# bin/clients.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work="$root/bin/clients"
source="$root/scripts/clients"

die() {
	echo "clients: $1" >&2
	exit 3
}

command -v npm >/dev/null || die 'npm is missing; on Debian: apt install npm'
python3 -c 'import ensurepip' 2>/dev/null || die 'Python 3 with venv is missing; on Debian: apt install python3-venv'

mkdir -p "$work"
cp -- "$source"/*.* "$work/" # all but the folder of the Go tests
(cd "$work" && npm install --no-audit --no-fund --loglevel=error >&2)
[[ -x $work/venv/bin/python ]] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$work/requirements.txt"
(cd "$root" && go build -o "$work/plenum" ./cmd/plenum)

server=
cleanup() {
	[[ -z $server ]] || kill "$server" 2>/dev/null || true
	[[ -z $server ]] || wait "$server" 2>/dev/null || true
}
trap cleanup EXIT

rm -f -- "$work/address"
"$work/plenum" serve --config "$work/apps.yaml" --listen 127.0.0.1:0 --admin '' >"$work/address" 2>"$work/plenum.log" &
server=$!
for ((i = 0; i < 100; i++)); do
	[[ ! -s $work/address ]] || break # the line is written at once
	kill -0 "$server" 2>/dev/null || {
		cat "$work/plenum.log" >&2
		exit 1
	}
	sleep 0.1
done
address=$(sed -n 's|^plenum serves http://\([0-9.:]*\)/.*|\1|p' "$work/address")
export PLENUM="$address"

node --test "$work/clients.test.mjs"
"$work/venv/bin/python" "$work/clients.py"
(cd "$source/go" && go test -count=1 ./...)
