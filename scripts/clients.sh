#!/usr/bin/env bash
# Runs unmodified libraries of the Pusher Channels protocol against plenum: pusher-js, laravel-echo and pusher for Node, pusher
# and pysher for Python, pusher-http-go, and pusher-java-client and pusher-http-java. Each of them first uses one server, and
# then two nodes of a cluster. Further tests start servers of their own: pusher-js with the add-on for resuming, and pusher-js
# in Chromium. The script needs Node with npm, and Python 3 with venv. It installs the libraries into bin/clients. Without
# Chromium it skips the tests in a browser, and without a JDK and Maven those of the libraries for Java.
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
cp -r -- "$source"/*.* "$source/java" "$work/" # all but the tests in Go, which run where they are
(cd "$work" && npm install --no-audit --no-fund --loglevel=error >&2)
[[ -x $work/venv/bin/python ]] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$work/requirements.txt"
java=
if command -v mvn >/dev/null && command -v javac >/dev/null; then
	java=1
else
	echo 'clients: mvn or javac is missing, so the libraries for Java are left out; on Debian: apt install default-jdk-headless maven' >&2
fi
(cd "$root" && go build -o "$work/plenum" ./cmd/plenum)

program=
stop() {
	[[ -z $program ]] || kill "$program" 2>/dev/null || true
	[[ -z $program ]] || wait "$program" 2>/dev/null || true
	program=
}
trap stop EXIT

# start runs a command until stop is called, and waits for a line of its output.
start() { # pattern of the line, command...
	local line=$1 i
	shift
	"$@" >"$work/output" 2>"$work/log" &
	program=$!
	for ((i = 0; i < 600; i++)); do
		! grep -q -- "$line" "$work/output" || return 0
		kill -0 "$program" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/log" >&2
	exit 1
}

# try runs all libraries. The clients of each library use the nodes in turn, and its back end uses the last one.
try() { # what is tried, addresses of the nodes
	echo "== $1"
	export PLENUM="$2"
	node --test "$work/clients.test.mjs"
	"$work/venv/bin/python" "$work/clients.py"
	(cd "$source/go" && go test -count=1 ./...)
	[[ -z $java ]] || mvn --quiet --batch-mode --file "$work/java" test
}

echo "== resuming"
node --test "$work/resume.test.mjs"
echo "== Chromium"
# -v shows that a test is skipped, and why.
(cd "$root" && PUSHER_JS="$work/node_modules/pusher-js/dist/web/pusher.min.js" go test -tags clients -count=1 -v -run TestPusherJS ./cmd/plenum)
start '^plenum serves' "$work/plenum" serve --config "$work/apps.yaml" --listen 127.0.0.1:0 --admin ''
try 'one server' "$(sed -n 's|^plenum serves http://\([0-9.:]*\)/.*|\1|p' "$work/output")"
stop
start ' nodes share ' env PLENUM="$work/plenum" PLENUM_CONFIG="$work/apps.yaml" "$root/scripts/cluster.sh" --nodes 2 --port 18180 --admin 18190
try 'two nodes of a cluster' 127.0.0.1:18180,127.0.0.1:18181
