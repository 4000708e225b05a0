#!/usr/bin/env bash
# Starts a cluster for trying on this machine: nodes of plenum, and the broker between
# them. Ctrl-C stops all of them, and nothing is left of them.
#
#   scripts/cluster.sh                          three nodes, at 127.0.0.1:8080 to 8082
#   scripts/cluster.sh --nodes 5 --port 8100    five, at 127.0.0.1:8100 to 8104
#
#   --nodes N   how many, 1 to 50 (3)
#   --port P    where the first one listens, the next ones at the ports behind it (8080)
#   --admin P   the same for their operations pages (9090)
#
# PLENUM names the program; else it is bin/plenum, which `make build` brings up to date
# where there is a go. NATS_SERVER names the broker; else it is nats-server, and where
# there is none, it is built of the module that go.mod names. What it keeps is in a
# folder under TMPDIR, which goes with it.
#
# Exit status: 0 stopped, 1 something could not be started, 2 a bad option, 3 a tool is
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
pids=() # of the nodes that run, by number

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
	((port + nodes <= 65536)) || die 2 "--port: there are not $nodes ports from $port on"
	((admin + nodes <= 65536)) || die 2 "--admin: there are not $nodes ports from $admin on"
	((port + nodes <= admin || admin + nodes <= port)) || die 2 '--admin: these ports are those of --port'
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

alive() { # pids; tells whether one of them is there
	local pid
	for pid; do
		! kill -0 "$pid" 2>/dev/null || return 0
	done
	return 1
}

# shellcheck disable=SC2329 # called by the trap
stop() { # pids; each gets 20 s
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
		! taken $((port + i)) || die 1 "port $((port + i)) is taken; choose others by --port"
		! taken $((admin + i)) || die 1 "port $((admin + i)), for an operations page, is taken; choose others by --admin"
	done
}

find_plenum() {
	[[ -z $plenum ]] || return 0
	plenum="$here/bin/plenum"
	if command -v go >/dev/null; then
		make -s -C "$here" build || die 1 'make build failed'
	fi
	[[ -x $plenum ]] || die 3 'there is no bin/plenum, and no go to build it; or set PLENUM'
}

find_broker() {
	[[ -z $broker ]] || return 0
	broker=$(command -v nats-server) && return
	command -v go >/dev/null || die 3 'there is no nats-server, and no go to build it; or set NATS_SERVER'
	broker="$work/nats-server"
	echo 'cluster: building the broker' >&2
	(cd "$here" && go build -o "$broker" github.com/nats-io/nats-server/v2) || die 1 'the broker could not be built'
}

# begin starts a program in a process group of its own, so that Ctrl-C reaches this script
# alone, and the nodes are stopped before the broker.
begin() { # log, command...
	local log=$1
	shift
	set -m
	"$@" </dev/null >"$log" 2>&1 &
	set +m
}

# until_there waits for 20 s.
until_there() { # pid, log, what it is, command...
	local pid=$1 log=$2 what=$3
	shift 3
	for _ in {1..200}; do
		! "$@" || return 0
		alive "$pid" || break
		sleep 0.1
	done
	tail -n 5 -- "$log" >&2
	die 1 "$what did not start"
}

# The broker chooses a port, and writes where it is.
start_broker() {
	mkdir "$work/broker"
	printf 'listen: "127.0.0.1:-1"\nports_file_dir: "%s"\njetstream { store_dir: "%s" }\n' "$work/broker" "$work/broker" >"$work/broker.conf"
	begin "$work/broker.log" "$broker" -c "$work/broker.conf"
	broker_pid=$!
	until_there "$broker_pid" "$work/broker.log" "the broker, $broker," find_url
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
		until_there "${pids[i]}" "$work/node$i.log" "the node at port $((port + i))" ready $((admin + i))
	done
}

tell() {
	local i
	echo "$nodes nodes are one server, over the broker at $url:"
	echo
	for ((i = 0; i < nodes; i++)); do
		echo "  http://127.0.0.1:$((port + i))/  operations http://127.0.0.1:$((admin + i))/  process ${pids[i]}"
	done
	cat <<-END

		Open two of the pages: who is in a room of one is in it at the others, too. Each operations
		page shows all nodes. Stop a node (kill ${pids[0]}) and go on at another: what was said is there.
		The logs are in $work. Ctrl-C stops all of them.
	END
}

# watch tells which of them have ended, until none is left.
watch() {
	local i
	while ((${#pids[@]})); do
		wait -n 2>/dev/null || true
		for i in "${!pids[@]}"; do
			alive "${pids[i]}" && continue
			unset "pids[$i]"
			echo "the node at port $((port + i)) has ended; to start it again:"
			echo "  $plenum serve --listen 127.0.0.1:$((port + i)) --admin 127.0.0.1:$((admin + i)) --cluster $url"
		done
		[[ -z $broker_pid ]] || alive "$broker_pid" || {
			broker_pid=
			echo 'the broker has ended: no messages are taken any more'
		}
	done
	echo 'no node is left'
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
tell
watch
