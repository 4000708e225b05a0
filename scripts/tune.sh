#!/usr/bin/env bash
# Prints the settings to change so that this machine can hold more connections, with their
# current values and the file for each.
#
#   scripts/tune.sh                          as many connections as the memory holds, at most 1,000,000
#   scripts/tune.sh --connections 200000     200,000 connections
#   sudo scripts/tune.sh --apply             also set the kernel's settings, now and at each boot
#
#   --connections N   number of connections
#   --apply           set the kernel's settings and write them to
#                     /etc/sysctl.d/90-plenum.conf
#   --root DIR        use DIR/proc/sys and DIR/etc/sysctl.d instead of those of /
#
# The numbers come from `plenum doctor`. No value is lowered. Limits of a service or a shell
# are only printed. PLENUM names the program; the default is bin/plenum, which is built if it
# is missing. Settings of nf_conntrack are restored at boot only if that module is loaded
# early, for example by /etc/modules-load.d.
#
# Exit status: 0 success, 1 a setting could not be changed, 2 an invalid option, 3 a tool is missing.
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
			(($# > 1)) || die 2 "$1: needs a value"
			option "$1" "$2"
			shift
			;;
		*) die 2 "$1: unknown option; see --help" ;;
		esac
		shift
	done
	[[ -z $apply || $root != / || $EUID == 0 ]] || die 1 '--apply needs root; without --apply the settings are only printed'
}

option() { # name, value
	case $1 in
	--connections)
		[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || die 2 "$1: must be a number above 0, got '$2'"
		connections=$2
		;;
	--root)
		[[ -d $2/proc/sys ]] || die 2 "$1: '$2' contains no proc/sys"
		root=$2
		;;
	esac
}

find_plenum() {
	[[ -z $plenum ]] || return 0
	plenum="$here/bin/plenum"
	[[ -x $plenum ]] && return
	command -v go >/dev/null || die 3 'bin/plenum is missing and go is not installed to build it; set PLENUM to the program'
	(cd "$here" && go build -o bin/plenum ./cmd/plenum)
}

# read_settings fills names and limits, and their current and wanted values, from `plenum doctor`.
read_settings() {
	local kind name was want list
	list=$("$plenum" doctor --settings --root "$root" --connections "$connections") || die 3 "$plenum doctor failed"
	while IFS=$'\t' read -r kind name was want; do
		case $kind in
		sysctl) names+=("$name") now["$name"]=$was wanted["$name"]=$want ;;
		limit) limits+=("$name=$want") now["$name=$want"]=$was ;;
		esac
	done <<<"$list"
}

print() {
	local name
	((${#names[@]} + ${#limits[@]})) || echo 'nothing to change'
	((${#names[@]} == 0)) || echo "# $conf"
	for name in "${names[@]}"; do
		printf '# %s -> %s\n%s = %s\n' "${now[$name]}" "${wanted[$name]}" "$name" "${wanted[$name]}"
	done
	((${#limits[@]} == 0)) || echo "# [Service] of plenum's systemd unit; for a shell: ulimit -n and /etc/security/limits.conf"
	for name in "${limits[@]}"; do
		printf '# %s in this shell -> %s\n%s\n' "${now[$name]}" "${name#*=}" "$name"
	done
}

# set_now sets the kernel's settings, as sysctl -w does. Only settings that it could change are kept.
set_now() {
	local name
	for name in "${names[@]}"; do
		if printf '%s\n' "${wanted[$name]}" >"${root%/}/proc/sys/${name//.//}"; then
			kept+=("$name")
		else
			echo "tune: $name could not be set and stays ${now[$name]}" >&2
			status=1
		fi
	done
}

# keep writes the new values to the file. Other settings in the file stay, such as those of an
# earlier run.
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
	echo "tune: the kernel's settings are changed and written to $file" >&2
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
	((${#limits[@]} == 0)) || echo "tune: ${limits[*]} was not set; put it into the service's unit" >&2
fi
exit "$status"
