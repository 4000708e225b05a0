#!/usr/bin/env bash
# Runs the server and the load generator in a small virtual Linux machine (QEMU).
# There the descriptor limit can be as high as the memory allows.
#
#   scripts/lab.sh --connections 300000          fills one server
#   scripts/lab.sh -- 'uname -r; ulimit -n'      any command line for a POSIX shell
#
#   --connections N   descriptors for N connections; without a command, the script also
#                     opens N connections in rooms, answers their pings and prints
#                     counts and memory
#   --members N       members per room (10)
#   --hold SECONDS    how long the connections stay idle (--ping-period and 15 s more)
#   --messages N      messages to each room after that (3)
#   --serve FLAGS     more flags for the server, such as '--slow-lag 64KiB'
#   --mem SIZE        memory of the virtual machine, such as 12G (derived from N)
#   --cpus N          its processors (as many as this machine has)
#   --timeout SECONDS time limit (derived from N)
#   --accel NAME      kvm or tcg (kvm if it works)
#   --keep            keep the virtual machine's files and its console log in bin/lab
#   --apply           install missing Debian packages
#
# The virtual machine has busybox, plenum, plenum-bench and lab-dial. It has no disk and
# no network except loopback. The words of a command are joined with spaces, as ssh
# does. The command's stdout and stderr are passed through. Without KVM the machine is
# emulated: counts, memory and loss are valid, times are not and must not be published.
# This script prints no times; results of plenum-bench get the label lab=tcg.
#
# Exit status: that of the command, or 2 bad option, 3 a tool is missing, 124 time limit
# reached, 125 the virtual machine ended without reporting a status.
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

# Seconds to wait for the first line of a machine that runs with KVM.
patience=20

die() { # status, message
	echo "lab: $2" >&2
	exit "$1"
}

log() {
	echo "lab: $*" >&2
}

# shellcheck disable=SC2317,SC2329 # called by the trap
cleanup() {
	halt
	[[ -z $run || -n $keep ]] || rm -rf -- "$run"
}

# halt kills the virtual machine, which stores nothing.
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

# The machine needs 1 GiB, and 9 KiB per connection for the kernel and both ends.
defaults() {
	local n=${connections:-100000} available
	files=$((((n + n / 16 + 16384) / 1024) * 1024))
	[[ -n $mem ]] || mem=$((1024 + n * 9 / 1024))M
	[[ -n $limit ]] || limit=$((900 + n / 200))
	available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	(($(numfmt --from=iec "$mem") >> 20 <= available)) ||
		die 2 "--mem: $mem is more than the $available MiB of free memory; open fewer connections"
}

static_busybox() {
	local file
	file=$(command -v busybox) && ! ldd "$file" >/dev/null 2>&1
}

check_tools() {
	local missing=()
	[[ $(uname -sm) == 'Linux x86_64' ]] || die 3 'the lab runs only on Linux on x86_64'
	command -v go >/dev/null || die 3 'go is missing; see go.mod for the version'
	if [[ ! -e $kernel ]]; then
		command -v apt-get >/dev/null || die 3 'apt-get is missing, and the kernel comes from a Debian package; put a kernel into bin/lab/vmlinuz'
	fi
	command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
	command -v cpio >/dev/null || missing+=(cpio)
	static_busybox || missing+=(busybox-static)
	((${#missing[@]} > 0)) || return 0
	[[ -n $apply ]] || die 3 "missing: ${missing[*]}; on Debian: apt install ${missing[*]}, or run this with --apply"
	apt-get update -q >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# The package linux-image-cloud-amd64 is empty and depends on the current kernel's package.
fetch_kernel() {
	[[ -e $kernel ]] && return
	local image temporary="$work/fetch"
	image=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }')
	[[ -n $image ]] || die 3 'apt knows no linux-image-cloud-amd64; on Debian: apt update'
	log "downloading $image"
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

# boot starts the machine. Its second serial port is the descriptor frames.
# Emulation is much faster without CPU mitigations and with a clock that is read
# without leaving the processor. Neither changes a count.
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

# up waits for the machine's first line.
up() { # seconds
	local line
	IFS= read -r -t "$1" -u "$frames" line && [[ $line == "@$tag up "* ]]
}

# Even if /dev/kvm exists, guests may not start. Only an attempt shows it.
start() {
	if [[ $accel != tcg && -r /dev/kvm && -w /dev/kvm ]]; then
		boot kvm
		if up "$patience"; then
			log "KVM, $cpus processors, $mem"
			return
		fi
		halt
		[[ $accel != kvm ]] || broken 'KVM does not work here'
	elif [[ $accel == kvm ]]; then
		die 3 '/dev/kvm cannot be used'
	fi
	boot tcg
	up 120 || broken 'the machine did not start'
	log "emulated (no KVM), $cpus processors, $mem: times are not valid"
}

broken() { # message
	halt
	tail -n 20 "$run/console.log" "$run/qemu.log" >&2 || true
	die 125 "$1"
}

# follow prints the command's output until its exit status arrives.
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
	broken 'the machine ended without reporting a status; try a larger --mem'
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
[[ -z $keep ]] || log "the machine's files are in $run"
exit "$status"
