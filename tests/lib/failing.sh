# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # lib, tmp and armvm come from tap.sh and checks/lib.sh
# A command that writes d/OUT, cut at every write, sync and rename in turn (tests/lib/failio.c). The test
# defines
#
#	put_old		puts the old d/OUT in place
#	work		runs the command
#	state		says what d/OUT is: old, new or torn
#
# and has what work writes when nothing fails compared by state from then on.

# A sanitizer wants to be the first that is preloaded.
preload=$(ldd "$armvm" | awk '/lib(a|ub)san/ { printf "%s:", $3 }')$tmp/failio.so
cc -shared -fPIC -O1 -o "$tmp/failio.so" "$lib/failio.c" -D_GNU_SOURCE -ldl || exit 1

# failing HOW AT: sets status and count
failing() {
	put_old
	head -c 16 /dev/zero >"$tmp/counter"
	(
		export FAILIO_FILE="$tmp/counter" FAILIO_HOW="$1" FAILIO_AT="$2" LD_PRELOAD="$preload"
		work
	) >"$tmp/said" 2>&1
	status=$?
	[ "$1" = kill ] && sleep 0.02
	count=$(od -An -t u8 -N 8 "$tmp/counter" | tr -d ' ')
}

# judge_cut HOW AT: counts what is wrong
judge_cut() {
	now=$(state)
	case $1,$now,$status in
	*,torn,*) torn=$((torn + 1)) && echo "# call $2 leaves neither" ;;
	kill,*) return ;;
	*,old,0) silent=$((silent + 1)) ;;
	*,new,0) ;;
	*,new,*) torn=$((torn + 1)) && echo "# call $2 fails with the new one in place" ;;
	esac
	[ "$(find d -type f | wc -l)" = 1 ] || debris=$((debris + 1))
	if [ "$status" != 0 ] && [ "$(grep -c '^armvm-image: ' "$tmp/said")" != 1 ]; then
		silent=$((silent + 1))
		sed "s/^/# call $2: /" "$tmp/said"
	fi
}

# cut_everywhere CALLS SAMPLES LAST: about SAMPLES of all calls, and each of the LAST, where things are put in place
cut_everywhere() {
	step=$((($1 + $2 - 1) / $2))
	for how in kill ENOSPC EIO; do
		torn=0 debris=0 silent=0 n=1 cut=0
		while [ "$n" -le "$1" ]; do
			failing $how "$n"
			cut=$((cut + 1))
			judge_cut $how "$n"
			if [ "$n" -lt $(($1 - $3)) ]; then n=$((n + step)); else n=$((n + 1)); fi
		done
		ok "$how at $cut calls: the old one or the new one, whole" test $torn = 0
		[ "$how" = kill ] && continue
		ok "$how: nothing is left behind" test $debris = 0
		ok "$how: one error is said" test $silent = 0
	done
}
