#!/usr/bin/env bash
# Runs the server and the load generator in a small Linux of their own (QEMU),
# where the descriptor limit can be as high as the memory allows.
#
#   scripts/lab.sh --connections 300000          fills one server
#   scripts/lab.sh -- 'uname -r; ulimit -n'      any command line for a POSIX shell
#
#   --connections N   descriptors for N connections; without a command: opens them in
#                     rooms, keeps the heartbeat up, prints counts and memory
#   --members N       of each room (10)
#   --hold SECONDS    how long they are left alone (a period of the heartbeat, and 15)
#   --messages N      to each room after that (3)
#   --serve FLAGS     more flags for the server, like '--slow-lag 64KiB'
#   --mem SIZE        the machine's memory, like 12G (by N)
#   --cpus N          its processors (all of this machine's)
#   --timeout SECONDS ends it (by N)
#   --accel NAME      kvm or tcg (kvm where it works)
#   --keep            leaves the machine's files and its console's log in bin/lab
#   --apply           installs the Debian packages that are missing
#
# The machine has busybox, plenum, plenum-bench and lab-dial, and no disk and no
# network but its loopback. The words of a command are joined, as ssh does. Its
# stdout and stderr come out as they are. Without KVM the machine is emulated:
# counts, memory and loss are what they are, but times mean nothing, and are not
# to be published. This script prints none; the results of plenum-bench are
# labelled lab=tcg.
#
# Exit status: the command's; besides, 2 a bad option, 3 a tool is missing,
# 124 out of time, 125 the machine ended without a word.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work="$root/bin/lab"
kernel="$work/vmlinuz"
run=
machine=
connections=
members=10
hold=0
messages=3
serve=
mem=
cpus=$(nproc)
limit=
accel=
keep=
apply=
command=

# What a machine that works with KVM needs at most until its first word.
patience=20

die() { # status, message
	echo "lab: $2" >&2
	exit "$1"
}

say() {
	echo "lab: $*" >&2
}

# shellcheck disable=SC2317,SC2329 # called by the trap
cleanup() {
	halt
	[[ -z $run || -n $keep ]] || rm -rf -- "$run"
}

# halt ends the machine. It has nothing to lose.
halt() {
	[[ -n $machine ]] || return 0
	kill -KILL "$machine" 2>/dev/null || true
	wait "$machine" 2>/dev/null || true
	machine=
}

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

number() { # option, value
	[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || die 2 "$1: want a number above 0, got '$2'"
}

options() {
	while (($#)); do
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--keep) keep=1 ;;
		--apply) apply=1 ;;
		--)
			shift
			command=$*
			[[ -n $command ]] || die 2 '--: want a command after it'
			break
			;;
		--connections | --members | --hold | --messages | --serve | --mem | --cpus | --timeout | --accel)
			(($# > 1)) || die 2 "$1: want a value"
			option "$1" "$2"
			shift
			;;
		*) die 2 "$1: no such option; see --help" ;;
		esac
		shift
	done
	[[ -n $connections$command ]] || die 2 'want --connections or a command after --; see --help'
}

option() { # name, value
	case $1 in
	--connections) number "$@" && connections=$2 ;;
	--members) number "$@" && members=$2 ;;
	--hold) number "$@" && hold=$2 ;;
	--messages) number "$@" && messages=$2 ;;
	--cpus) number "$@" && cpus=$2 ;;
	--timeout) number "$@" && limit=$2 ;;
	--serve) serve=$2 ;;
	--mem)
		[[ $2 =~ ^[1-9][0-9]*[MG]$ ]] || die 2 "--mem: want a size like 12G, got '$2'"
		mem=$2
		;;
	--accel)
		[[ $2 == kvm || $2 == tcg ]] || die 2 "--accel: want kvm or tcg, got '$2'"
		accel=$2
		;;
	esac
}

# A machine needs 1 GiB, and for a connection what the kernel and both ends hold.
defaults() {
	local n=${connections:-100000} available
	files=$((((n + n / 16 + 16384) / 1024) * 1024))
	[[ -n $mem ]] || mem=$((1024 + n * 14 / 1024))M
	[[ -n $limit ]] || limit=$((900 + n / 200))
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	(($(numfmt --from=iec "$mem") >> 20 <= available)) ||
		die 2 "--mem: $mem is more than the $available MiB that are free; open fewer connections"
}

static_busybox() {
	local file
	file=$(command -v busybox) && ! ldd "$file" >/dev/null 2>&1
}

check_tools() {
	local missing=()
	[[ $(uname -sm) == 'Linux x86_64' ]] || die 3 'the kernel is for Linux on x86_64'
	command -v go >/dev/null || die 3 'go is missing; see go.mod for the version'
	if [[ ! -e $kernel ]]; then
		command -v apt-get >/dev/null || die 3 "the kernel is one of Debian's packages, and there is no apt-get; put another in bin/lab/vmlinuz"
	fi
	command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
	command -v cpio >/dev/null || missing+=(cpio)
	static_busybox || missing+=(busybox-static)
	((${#missing[@]} > 0)) || return 0
	[[ -n $apply ]] || die 3 "missing: ${missing[*]}; on Debian: apt install ${missing[*]}, or run this with --apply"
	apt-get update -q >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# The package linux-image-cloud-amd64 is empty and depends on the one of the day.
fetch_kernel() {
	[[ -e $kernel ]] && return
	local image temporary="$work/fetch"
	image=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }')
	[[ -n $image ]] || die 3 'apt knows no linux-image-cloud-amd64; on Debian: apt update'
	say "downloading $image"
	rm -rf -- "$temporary"
	mkdir -p "$temporary"
	(cd "$temporary" && apt-get download -qq -o APT::Sandbox::User=root "$image" >&2) ||
		die 3 "cannot download $image; on Debian: apt update"
	dpkg-deb -x "$temporary"/*.deb "$temporary/image"
	mv -- "$temporary"/image/boot/vmlinuz-* "$kernel"
	rm -rf -- "$temporary"
}

static_build() { # name, package
	(cd "$root" && CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -tags lab -o "$run/root/bin/$1" "$2")
}

make_initramfs() {
	local tree="$run/root"
	mkdir -p "$tree"/{bin,dev,lab,proc,sys,tmp}
	cp -L -- "$(command -v busybox)" "$tree/bin/busybox"
	cp -- "$root/scripts/lab/init" "$tree/init"
	cp -- "$root/scripts/lab/idle" "$tree/bin/idle"
	chmod 755 "$tree/init" "$tree/bin/idle"
	static_build plenum ./cmd/plenum
	static_build lab-dial ./scripts/lab/dial
	[[ ! -d $root/cmd/plenum-bench ]] || static_build plenum-bench ./cmd/plenum-bench
	printf 'tag=%s\nfiles=%s\n' "$tag" "$files" >"$tree/lab/settings"
	if [[ -z $command ]]; then
		printf 'export LAB_SERVE=%q\n' "$serve" >"$tree/lab/command"
		command="exec idle $connections $members $hold $messages"
	fi
	printf '%s\n' "$command" >>"$tree/lab/command"
	(cd "$tree" && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet) >"$run/initramfs"
}

# boot starts the machine; its second serial port is the descriptor frames.
# Without the mitigations, and with a clock that is read without leaving the
# processor, emulation is much faster; neither changes a count.
boot() { # kvm or tcg
	local how=tcg,thread=multi cpu=max clock=tsc=reliable
	if [[ $1 == kvm ]]; then
		how=kvm cpu=host clock=
	fi
	exec {frames}< <(
		exec qemu-system-x86_64 -accel "$how" -cpu "$cpu" -smp "$cpus" -m "$mem" \
			-nodefaults -no-user-config -display none -monitor none -no-reboot \
			-serial "file:$run/console.log" -chardev stdio,id=frames,signal=off -serial chardev:frames \
			-kernel "$kernel" -initrd "$run/initramfs" \
			-append "console=ttyS0 loglevel=4 panic=-1 mitigations=off nowatchdog thash_entries=1048576 $clock lab.accel=$1" \
			</dev/null 2>>"$run/qemu.log"
	)
	machine=$!
}

# up waits for the machine's first word.
up() { # seconds
	local line
	IFS= read -r -t "$1" -u "$frames" line && [[ $line == "@$tag up "* ]]
}

# /dev/kvm may be there and its guests never begin, so trying is the only proof.
start() {
	if [[ $accel != tcg && -r /dev/kvm && -w /dev/kvm ]]; then
		boot kvm
		if up "$patience"; then
			say "KVM, $cpus processors, $mem"
			return
		fi
		halt
		[[ $accel != kvm ]] || broken 'KVM does not work here'
	elif [[ $accel == kvm ]]; then
		die 3 '/dev/kvm cannot be used'
	fi
	boot tcg
	up 120 || broken 'the machine did not start'
	say "emulated (no KVM), $cpus processors, $mem: times mean nothing"
}

broken() { # message
	halt
	tail -n 20 "$run/console.log" "$run/qemu.log" >&2 || true
	die 125 "$1"
}

# follow passes on what the command prints, until its status comes.
follow() {
	local line left
	while left=$((limit - SECONDS)) && ((left > 0)) && IFS= read -r -t "$left" -u "$frames" line; do
		case $line in
		"@$tag out "*) printf '%s\n' "${line#"@$tag out "}" ;;
		"@$tag err "*) printf '%s\n' "${line#"@$tag err "}" >&2 ;;
		"@$tag exit "*)
			status=${line#"@$tag exit "}
			return
			;;
		esac
	done
	((limit > SECONDS)) || {
		halt
		die 124 "not done after $limit s"
	}
	broken 'the machine ended without a word; is --mem enough?'
}

options "$@"
defaults
check_tools
mkdir -p "$work"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
fetch_kernel
run=$(mktemp -d "$work/run.XXXXXX")
tag=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
make_initramfs
SECONDS=0
start
status=125
follow
[[ -z $keep ]] || say "the machine's files are in $run"
exit "$status"
