#!/usr/bin/env bash
# Runs the Autobahn test suite (RFC 6455, RFC 7692) against the route /echo/raw.
#
#   scripts/autobahn.sh                                build and start plenum, run all 517 cases
#   CASES='6.*,7.*' scripts/autobahn.sh                run some of the cases
#   TLS=1 scripts/autobahn.sh                          over wss://; needs openssl for a certificate
#   URL=ws://127.0.0.1:8080 scripts/autobahn.sh        test a server that already runs
#   REQUIRE_COMPRESSION=0 scripts/autobahn.sh          accept UNIMPLEMENTED for 12.* and 13.*
#
# plenum runs with compression. The cases 12.* and 13.* test it and take a quarter of an hour.
# TIMEOUT is the time limit in seconds (1800). PYTHON2 names a Python 2.7.
# All files are written to bin/autobahn. Exit status: 0 passed, 1 a case failed or the
# suite did not finish, 2 bad setting, 3 a tool is missing.
#
# The suite does not run under Python 3: its first import fails. It needs a Python 2.7.
# virtualenv installs the suite for it, in the last release that supports Python 2.7.
set -euo pipefail

suite='autobahntestsuite==25.10.1'
virtualenv='virtualenv==20.21.1'
expected=517

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work="$root/bin/autobahn"
venv="$work/venv"
url=${URL:-}
cases=${CASES:-}
tls=${TLS:-}
export REQUIRE_COMPRESSION=${REQUIRE_COMPRESSION:-1}
limit=${TIMEOUT:-1800}
server=
client=

die() { # status, message
	echo "autobahn: $2" >&2
	exit "$1"
}

alive() { # pid; empty: none
	[[ -n $1 ]] && kill -0 "$1" 2>/dev/null
}

# shellcheck disable=SC2329 # called by the trap
stop() { # pid; kills the process if it has not ended after 15 s
	alive "$1" || return 0
	kill "$1" 2>/dev/null || true
	for _ in {1..150}; do
		alive "$1" || return 0
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null || true
}

# shellcheck disable=SC2329 # called by the trap
cleanup() {
	stop "$client"
	stop "$server"
}

find_python2() {
	local candidate
	local candidates=(python2.7 python2)
	if [[ -n ${PYTHON2:-} ]]; then
		candidates=("$PYTHON2")
	elif command -v pyenv >/dev/null; then
		candidates+=("$(pyenv root)"/versions/2.7.*/bin/python2.7)
	fi
	for candidate in "${candidates[@]}"; do
		if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
	return 1
}

check_python3() {
	command -v python3 >/dev/null ||
		die 3 'python3 is missing; on Debian: apt install python3 python3-venv'
	[[ -e $venv/$suite ]] || python3 -c 'import ensurepip, venv' 2>/dev/null ||
		die 3 'python3 has no venv or pip; on Debian: apt install python3-venv python3-pip'
}

# The file named after the pinned version exists if the environment is complete.
make_venv() {
	[[ -e $venv/$suite ]] && return
	local python2 tools="$work/tools"
	python2=$(find_python2) ||
		die 3 'the suite needs Python 2.7; Debian 11 has python2.7, later ones have none: pyenv install 2.7.18, or set PYTHON2'
	echo "autobahn: installing $suite for $python2"
	rm -rf -- "$venv" "$tools"
	python3 -m venv "$tools"
	"$tools/bin/python" -m pip install --quiet "$virtualenv"
	"$tools/bin/python" -m virtualenv --quiet --no-periodic-update \
		--app-data "$tools/app-data" --python "$python2" "$venv"
	"$venv/bin/python" -m pip install --quiet --no-python-version-warning "$suite"
	touch -- "$venv/$suite"
}

make_certificate() { # the suite does not verify it
	command -v openssl >/dev/null || die 3 'openssl is missing; on Debian: apt install openssl'
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost \
		-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
}

start_server() {
	local out="$work/plenum.out"
	(cd "$root" && go build -o bin/plenum ./cmd/plenum)
	: >"$out" # so that the loop below can read it before the server has created it
	local flags=(--listen 127.0.0.1:0 --admin "" --max-message 16MiB --compression on)
	if [[ -n $tls ]]; then
		make_certificate
		flags+=(--tls-cert "$work/cert.pem" --tls-key "$work/key.pem")
	fi
	"$root/bin/plenum" serve "${flags[@]}" >"$out" 2>"$work/plenum.err" &
	server=$!
	for _ in {1..100}; do
		if [[ $(<"$out") =~ http(s?)://([0-9.]+:[0-9]+) ]]; then
			url="ws${BASH_REMATCH[1]}://${BASH_REMATCH[2]}"
			return
		fi
		alive "$server" || break
		sleep 0.1
	done
	cat "$work/plenum.err" >&2
	die 1 'plenum printed no URL'
}

write_spec() {
	[[ $url =~ ^wss?://[^/]+/?$ ]] && url="${url%/}/echo/raw"
	local list=${cases:-*}
	cat >"$work/spec.json" <<-EOF
		{
		  "outdir": "report",
		  "servers": [{"agent": "plenum", "url": "$url"}],
		  "cases": ["${list//,/\", \"}"],
		  "exclude-cases": [],
		  "exclude-agent-cases": {}
		}
	EOF
}

# wstest waits for ever if the list names no case. So its own tables are asked first
# how many cases the list names.
count_cases() {
	[[ -n $cases ]] || return 0
	expected=$(
		"$venv/bin/python" - "$cases" <<-'EOF'
			import sys
			from autobahntestsuite import case, caseset
			known = caseset.CaseSet(case.CaseSetname, case.CaseBasename, case.Cases, None, None)
			named = set()
			for pattern in sys.argv[1].split(","):
			    found = set(known.resolveCasePatternList([pattern])) & set(known.CasesIndices)
			    if not found:
			        sys.exit("autobahn: CASES: %r names no case" % pattern)
			    named |= found
			print(len(named))
		EOF
	) || exit 2
}

# wstest ends with status 0 even if cases fail. It writes its report even if it is
# stopped early or loses the server.
run_suite() {
	local status=0
	rm -rf -- "$work/report"
	echo "autobahn: ${cases:-all cases} against $url, log in bin/autobahn/wstest.log"
	cd "$work"
	timeout --kill-after=30 "$limit" "$venv/bin/python" -u "$venv/bin/wstest" \
		-m fuzzingclient -s spec.json >wstest.log 2>&1 &
	client=$!
	wait "$client" || status=$?
	client=
	if ((status == 124 || status == 137)); then
		echo "autobahn: not done after $limit s" >&2
	elif ((status != 0)); then
		tail -n 5 wstest.log >&2
	elif grep '^Connection to .* failed' wstest.log >&2; then
		status=1
	fi
	((status == 0)) || unfinished=1
}

[[ $url =~ ^(wss?://[^[:space:]\"\\]+)?$ ]] || die 2 "URL: $url is not ws:// or wss://"
[[ $cases =~ ^[0-9.*,]*$ ]] || die 2 "CASES: $cases is not a list such as 6.*,7.1.1"
[[ $limit =~ ^[1-9][0-9]*$ ]] || die 2 "TIMEOUT: $limit is not a number of seconds"

mkdir -p "$work"
check_python3
make_venv
count_cases
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[[ -n $url ]] || start_server
write_spec
unfinished=0
run_suite
verdict=0
python3 "$root/scripts/autobahn_report.py" "$work/report" "$expected" || verdict=$?
exit $((verdict || unfinished))
