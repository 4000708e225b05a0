#!/usr/bin/env bash
# Prints what to set so that this machine can hold more connections, what it is now, and
# the file that each line belongs in.
#
#   scripts/tune.sh                          as many as the memory holds, 1,000,000 at most
#   scripts/tune.sh --connections 200000     so many
#   sudo scripts/tune.sh --apply             sets the kernel's settings too, now and at each start
#
#   --connections N   how many
#   --apply           sets what is printed for the kernel, and writes it to
#                     /etc/sysctl.d/90-plenum.conf
#   --root DIR        another root than /, whose proc/sys and etc/sysctl.d are taken
#
# The numbers are those of `plenum doctor`; no value that is higher is lowered. A limit
# is not the kernel's but a service's or a shell's, and is only printed. PLENUM names the
# program; else it is bin/plenum, which is built where there is none. What is of
# nf_conntrack comes back at the next start only where that module is loaded early, as
# by /etc/modules-load.d.
#
# Exit status: 0 good, 1 something could not be set, 2 a bad option, 3 a tool is missing.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
plenum=${PLENUM:-}
connections=0
apply=
root=/

die() { # status, message
	echo "tune: $2" >&2
	exit "$1"
}

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

options() {
	while (($#)); do
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--apply) apply=1 ;;
		--connections | --root)
			(($# > 1)) || die 2 "$1: want a value"
			option "$1" "$2"
			shift
			;;
		*) die 2 "$1: no such option; see --help" ;;
		esac
		shift
	done
	[[ -z $apply || $root != / || $EUID == 0 ]] || die 1 '--apply needs root; without it this only prints'
}

option() { # name, value
	case $1 in
	--connections)
		[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || die 2 "$1: want a number above 0, got '$2'"
		connections=$2
		;;
	--root)
		[[ -d $2/proc/sys ]] || die 2 "$1: there is no proc/sys in '$2'"
		root=$2
		;;
	esac
}

find_plenum() {
	[[ -z $plenum ]] || return 0
	plenum="$here/bin/plenum"
	[[ -x $plenum ]] && return
	command -v go >/dev/null || die 3 'there is no bin/plenum, and no go to build it; or set PLENUM'
	(cd "$here" && go build -o bin/plenum ./cmd/plenum)
}

# read_settings takes them from doctor: names, and what they are and are to be.
read_settings() {
	local kind name was want list
	list=$("$plenum" doctor --settings --root "$root" --connections "$connections") || die 3 "$plenum doctor does not work"
	while IFS=$'\t' read -r kind name was want; do
		case $kind in
		sysctl) names+=("$name") now["$name"]=$was wanted["$name"]=$want ;;
		limit) limits+=("$name=$want") now["$name=$want"]=$was ;;
		esac
	done <<<"$list"
}

print() {
	local name
	((${#names[@]} + ${#limits[@]})) || echo 'nothing to set'
	((${#names[@]} == 0)) || echo "# $conf"
	for name in "${names[@]}"; do
		printf '# %s -> %s\n%s = %s\n' "${now[$name]}" "${wanted[$name]}" "$name" "${wanted[$name]}"
	done
	((${#limits[@]} == 0)) || echo "# [Service] of plenum's systemd unit; in a shell: ulimit -n, by /etc/security/limits.conf"
	for name in "${limits[@]}"; do
		printf '# %s here -> %s\n%s\n' "${now[$name]}" "${name#*=}" "$name"
	done
}

# set_now does what sysctl -w does. What cannot be set is not kept either.
set_now() {
	local name
	for name in "${names[@]}"; do
		if printf '%s\n' "${wanted[$name]}" >"${root%/}/proc/sys/${name//.//}"; then
			kept+=("$name")
		else
			echo "tune: $name stays ${now[$name]}" >&2
			status=1
		fi
	done
}

# keep writes what was set beside what the file has of other settings, as from a time
# when more or others were asked for.
keep() {
	local line name
	((${#kept[@]})) || return 0
	mkdir -p "$(dirname "$file")"
	{
		echo '# Written by scripts/tune.sh of plenum.'
		[[ ! -e $file ]] || while IFS= read -r line || [[ -n $line ]]; do
			[[ $line == '#'* || " ${kept[*]} " == *" ${line%% = *} "* ]] || printf '%s\n' "$line"
		done <"$file"
		for name in "${kept[@]}"; do
			printf '%s = %s\n' "$name" "${wanted[$name]}"
		done
	} >"$file.new"
	mv -- "$file.new" "$file"
	echo "tune: the kernel's settings are set, and kept in $file" >&2
}

options "$@"
conf=/etc/sysctl.d/90-plenum.conf
file="${root%/}$conf"
names=()
limits=()
kept=()
status=0
declare -A now wanted
find_plenum
read_settings
print
if [[ -n $apply ]]; then
	set_now
	keep
	((${#limits[@]} == 0)) || echo "tune: ${limits[*]} belongs to the service, and was not set" >&2
fi
exit "$status"
