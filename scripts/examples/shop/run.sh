#!/usr/bin/env bash
# Starts the example shop on 127.0.0.1: plenum, and the back end in Node or Python. The secrets are
# new each time. Ctrl-C stops both.
#
#   scripts/examples/shop/run.sh node
#   scripts/examples/shop/run.sh python --port 8100
#
#   --port P    port of the shop; plenum uses the port after it (8090)
#
# PLENUM names the server program. Without it the script builds bin/plenum, if go is installed.
#
# Exit status: 0 stopped, 1 a program could not be started or has ended, 2 bad option, 3 a tool is
# missing.
set -euo pipefail

shop=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$shop/../../.." && pwd)
plenum=${PLENUM:-}
port=8090
backend=()
pids=()

die() { # status, message
	echo "shop: $2" >&2
	exit "$1"
}

usage() {
	sed -n '2,/^# missing/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

options() {
	while (($#)); do
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		node) backend=(node "$shop/backend.mjs") ;;
		python) backend=(python3 "$shop/backend.py") ;;
		--port)
			[[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] && (($2 < 65535)) || die 2 "--port: want a number from 1 to 65534, got '${2:-}'"
			port=$2
			shift
			;;
		*) die 2 "$1: no such option; see --help" ;;
		esac
		shift
	done
	((${#backend[@]})) || die 2 'want node or python; see --help'
}

find_programs() {
	command -v "${backend[0]}" >/dev/null || die 3 "${backend[0]} is missing"
	[[ -z $plenum ]] || return 0
	plenum="$root/bin/plenum"
	if command -v go >/dev/null; then
		echo 'shop: building plenum' >&2
		(cd "$root" && go build -trimpath -o bin/ ./cmd/plenum) || die 1 'plenum could not be built'
	fi
	[[ -x $plenum ]] || die 3 'bin/plenum is missing, and go is not installed to build it; install go or set PLENUM'
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # port

secret() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# shellcheck disable=SC2329 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null
	wait
}

# begin starts a program in its own process group, so that Ctrl-C reaches only this script. It waits
# until the program listens.
begin() { # name, port, command...
	local name=$1 at=$2
	shift 2
	set -m
	"$@" </dev/null &
	set +m
	pids+=($!)
	for _ in {1..200}; do
		kill -0 "${pids[-1]}" 2>/dev/null || break
		! taken "$at" || return 0
		sleep 0.1
	done
	die 1 "$name did not start"
}

options "$@"
for at in "$port" $((port + 1)); do
	! taken "$at" || die 1 "port $at is in use; choose others with --port"
done
find_programs
trap cleanup EXIT
trap 'exit 0' INT TERM HUP

# plenum and the back end read the same two secrets. Programs on this machine are reached without a proxy.
PLENUM_JWT_SECRET=$(secret) PLENUM_API_KEY=$(secret) SHOP_LINK_SECRET=$(secret) SHOP_WAREHOUSE_KEY=$(secret)
PLENUM_URL=http://127.0.0.1:$((port + 1)) SHOP_PORT=$port no_proxy=127.0.0.1
export PLENUM_JWT_SECRET PLENUM_API_KEY SHOP_LINK_SECRET SHOP_WAREHOUSE_KEY PLENUM_URL SHOP_PORT no_proxy

begin plenum $((port + 1)) "$plenum" serve --listen "127.0.0.1:$((port + 1))" --admin '' --origins "http://127.0.0.1:$port" \
	--announce-limit=-1 --history-age 24h --drain-window 0s --log-level warn >/dev/null
cat <<END
Change an order of Alex:

curl -H 'Authorization: Bearer $SHOP_WAREHOUSE_KEY' -d '{"user":"Alex","order":"1001","status":"shipped"}' http://127.0.0.1:$port/orders

Ctrl-C stops the shop and plenum. Open each link in a tab before you change an order:

END
begin 'the back end' "$port" "${backend[@]}" # prints the links as soon as it listens
wait -n "${pids[@]}" || true
die 1 'a program has ended'
