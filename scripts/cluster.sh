#!/usr/bin/env bash
# Starts a trial cluster on this machine: plenum nodes and one broker. Ctrl-C stops all
# of them and removes their files.
#
#   scripts/cluster.sh                          three nodes, at 127.0.0.1:8080 to 8082
#   scripts/cluster.sh --nodes 5 --port 8100    five, at 127.0.0.1:8100 to 8104
#
#   --nodes N   number of nodes, 1 to 50 (3)
#   --port P    port of the first node; the others use the ports after it (8080)
#   --admin P   port of the first operations page; the others use the ports after it (9090)
#
# PLENUM names the server program. Without it the script runs bin/plenum, after
# `make build` if go is installed. NATS_SERVER names the broker program. Without it the
# script runs nats-server from PATH, or builds the version in go.mod. The broker stores
# its data in a folder under TMPDIR, which is removed at the end.
#
# Exit status: 0 stopped, 1 a program could not be started, 2 bad option, 3 a tool is
# missing.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
plenum=${PLENUM:-}
broker=${NATS_SERVER:-}
nodes=3
port=8080
admin=9090
work=
broker_pid=
pids=() # process ids of the running nodes, by node number

die() { # status, message
	echo "cluster: $2" >&2
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
		--nodes | --port | --admin)
			(($# > 1)) || die 2 "$1: want a value"
			option "$1" "$2"
			shift
			;;
		*) die 2 "$1: no such option; see --help" ;;
		esac
		shift
	done
	((port + nodes <= 65536)) || die 2 "--port: fewer than $nodes ports are left from $port on"
	((admin + nodes <= 65536)) || die 2 "--admin: fewer than $nodes ports are left from $admin on"
	((port + nodes <= admin || admin + nodes <= port)) || die 2 '--admin: its ports overlap with the ports of --port'
}

option() { # name, value
	[[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || die 2 "$1: want a number above 0, got '$2'"
	case $1 in
	--nodes)
		(($2 <= 50)) || die 2 "$1: want 50 at most, got $2"
		nodes=$2
		;;
	--port) port=$2 ;;
	--admin) admin=$2 ;;
	esac
}

alive() { # pids; succeeds if one of the processes exists
	local pid
	for pid; do
		! kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# shellcheck disable=SC2329 # called by the trap
stop() { # pids; kills the processes that have not ended after 20 s
	(($#)) || return 0
	kill "$@" 2>/dev/null || true
	for _ in {1..200}; do
		alive "$@" || return 0
		sleep 0.1
	done
	kill -KILL "$@" 2>/dev/null || true
}

# shellcheck disable=SC2329 # called by the trap
cleanup() {
	trap '' INT TERM HUP
	stop "${pids[@]}"
	stop ${broker_pid:+"$broker_pid"}
	wait
	[[ -z $work ]] || rm -rf -- "$work"
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # port

check_ports() {
	local i
	for ((i = 0; i < nodes; i++)); do
		! taken $((port + i)) || die 1 "port $((port + i)) is in use; choose other ports with --port"
		! taken $((admin + i)) || die 1 "port $((admin + i)), for an operations page, is in use; choose other ports with --admin"
	done
}

find_plenum() {
	[[ -z $plenum ]] || return 0
	plenum="$here/bin/plenum"
	if command -v go >/dev/null; then
		make -s -C "$here" build || die 1 'make build failed'
	fi
	[[ -x $plenum ]] || die 3 'bin/plenum is missing, and go is not installed to build it; install go or set PLENUM'
}

find_broker() {
	[[ -z $broker ]] || return 0
	broker=$(command -v nats-server) && return
	command -v go >/dev/null || die 3 'nats-server is missing, and go is not installed to build it; install either or set NATS_SERVER'
	broker="$work/nats-server"
	echo 'cluster: building the broker' >&2
	(cd "$here" && go build -o "$broker" github.com/nats-io/nats-server/v2) || die 1 'the broker could not be built'
}

# begin starts a program in its own process group. So Ctrl-C reaches only this script,
# which stops the nodes before the broker.
begin() { # log, command...
	local log=$1
	shift
	set -m
	"$@" </dev/null >"$log" 2>&1 &
	set +m
}

# await runs the command until it succeeds, for at most 20 s.
await() { # pid, log, name of the program, command...
	local pid=$1 log=$2 name=$3
	shift 3
	for _ in {1..200}; do
		! "$@" || return 0
		alive "$pid" || break
		sleep 0.1
	done
	tail -n 5 -- "$log" >&2
	die 1 "$name did not start"
}

# The broker chooses a free port and writes its URL into the ports file.
start_broker() {
	mkdir "$work/broker"
	printf 'listen: "127.0.0.1:-1"\nports_file_dir: "%s"\njetstream { store_dir: "%s" }\n' "$work/broker" "$work/broker" >"$work/broker.conf"
	begin "$work/broker.log" "$broker" -c "$work/broker.conf"
	broker_pid=$!
	await "$broker_pid" "$work/broker.log" "the broker, $broker," find_url
}

find_url() {
	url=$(sed -n 's,.*\(nats://127\.0\.0\.1:[0-9][0-9]*\).*,\1,p' "$work"/broker/*.ports 2>/dev/null) && [[ -n $url ]]
}

start_node() { # number, from 0
	begin "$work/node$1.log" "$plenum" serve --listen "127.0.0.1:$((port + $1))" --admin "127.0.0.1:$((admin + $1))" --cluster "$url"
	pids[$1]=$!
}

ready() { # admin port
	local line
	{ exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return
	printf 'GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
	read -r line <&3 || line=
	exec 3>&-
	[[ $line == *' 200 '* ]]
}

start_nodes() {
	local i
	for ((i = 0; i < nodes; i++)); do
		start_node "$i"
	done
	for ((i = 0; i < nodes; i++)); do
		await "${pids[i]}" "$work/node$i.log" "the node at port $((port + i))" ready $((admin + i))
	done
}

print_addresses() {
	local i
	echo "$nodes nodes share all rooms through the broker at $url:"
	echo
	for ((i = 0; i < nodes; i++)); do
		echo "  http://127.0.0.1:$((port + i))/  operations http://127.0.0.1:$((admin + i))/  process ${pids[i]}"
	done
	cat <<-END

		Open two of the pages: a room has the same members and messages on all nodes. Each operations
		page shows all nodes. Stop a node (kill ${pids[0]}) and continue on another: the messages are there.
		The logs are in $work. Ctrl-C stops the nodes and the broker.
	END
}

# watch reports each program that ends, until no node runs.
watch() {
	local i
	while ((${#pids[@]})); do
		wait -n 2>/dev/null || true
		for i in "${!pids[@]}"; do
			alive "${pids[i]}" && continue
			unset "pids[$i]"
			echo "the node on port $((port + i)) has ended; to start it again:"
			echo "  $plenum serve --listen 127.0.0.1:$((port + i)) --admin 127.0.0.1:$((admin + i)) --cluster $url"
		done
		[[ -z $broker_pid ]] || alive "$broker_pid" || {
			broker_pid=
			echo 'the broker has ended: the nodes refuse messages'
		}
	done
	echo 'no node is running'
}

options "$@"
check_ports
trap cleanup EXIT
trap 'exit 0' INT TERM HUP
work=$(mktemp -d "${TMPDIR:-/tmp}/plenum-cluster.XXXXXX")
find_plenum
find_broker
start_broker
start_nodes
print_addresses
watch
