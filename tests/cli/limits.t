#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What guests may use of the host: CPU time over all scenarios together, memory of one and of all, numbers of
# processes. Beyond a limit the verdict is budget-spent, which names it; check answers "could not be determined".
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires clang lld-link jq sgdisk mkfs.fat mcopy mke2fs

firmware=$top/${O:-o/release}/armvm-firmware
work=$tmp img=$tmp/disk.raw
cd "$tmp" || exit 1
cp --sparse=always "$(sample grub)" "$img"

# A program that reads a variable which every scenario answers in its own way, and then
# spins, or touches so much memory; and one that forks at each of many questions.
cat >guest.c <<'EOF2'
#include "efi.h"
static void touch(struct system_table *st, uint64_t mib)
{
	for (uint64_t i = 0; i < mib; i++) {
		uint64_t at = 0;

		if (st->boot->allocate_pages(0, 4, 256, &at))
			break;
		for (uint64_t p = 0; p < 1 << 20; p += 4096)
			*(volatile uint64_t *)(at + p) = at + p + 1;
	}
}
static void split(struct system_table *st)
{
	static const struct guid global = { 0x8be4df61, 0x93ca, 0x11d2, { 0xaa, 0x0d, 0, 0xe0, 0x98, 3, 0x2b, 0x8c } };
	uint8_t bytes[64];
	uint64_t size = sizeof(bytes);
	uint32_t attributes;
	volatile efi_status status = st->runtime->get_variable(STR16("BootOrder"), &global, &attributes, &size, bytes);
	efi_status set = st->runtime->set_variable(STR16("Own"), &global, 7, 4, bytes);

	if (status == 1 || set == 1)
		touch(st, 1);
}
efi_status efi_main(efi_handle image, struct system_table *st);
efi_status efi_main(efi_handle image, struct system_table *st)
{
	(void)image;
	split(st);
	touch(st, MIB);
#ifdef SPIN
	for (volatile uint64_t i = 0;; i++)
		;
#endif
	return 0;
}
EOF2
guest() { # FLAG...
	clang --target=aarch64-unknown-windows -std=gnu11 -O1 -ffreestanding -fshort-wchar -fno-stack-protector \
		-mno-stack-arg-probe -I "$top/tests/guest" "$@" -c -o guest.obj guest.c >why 2>&1 &&
		lld-link /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /Brepro /out:guest.efi guest.obj >>why 2>&1 &&
		esp_put guest.efi /EFI/BOOT/BOOTAA64.EFI
}
plays() { # ARGUMENT...
	"$firmware" --disk "$img" "$@" >events 2>stderr
	status=$?
	jq -r 'select(.event == "verdict") | "\(.verdict): \(.reason)"' events | sort | uniq -c >verdicts
}
says() { # WHAT WORDS
	if grep -q -- "$2" verdicts; then pass "$1"; else fail "$1" verdicts; fi
}

ok "a guest that uses little is made" guest -DMIB=8
plays --scenario all
ok "and is not bothered" sh -c 'test -s verdicts && ! grep -q budget-spent verdicts'

guest -DMIB=700
plays --scenario first-boot --max-memory 300
says "a guest that touches much memory" "budget-spent: .*more than 300 MiB of memory were in use"
ok "which has an exit status" test "$status" = 15
plays --scenario first-boot --max-memory 900
ok "and may, when that is allowed" sh -c 'test -s verdicts && ! grep -q budget-spent verdicts'
/usr/bin/python3 - "$firmware" "$img" <<'EOF2' >peak
import resource, subprocess, sys
subprocess.run([sys.argv[1], "--scenario", "first-boot", "--max-memory", "200", "--disk", sys.argv[2]], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
EOF2
ok "the process stays near its limit" test "$(cat peak)" -lt 500
plays --scenario all --jobs 2 --max-memory 300
says "in a matrix each is stopped" "budget-spent: .*MiB of memory"

guest -DMIB=180 -DSPIN
plays --scenario all --jobs 8 --max-memory 250 --max-wall 60 --max-cpu 30
says "all together are stopped, too" "budget-spent: .*the scenarios had more than 500 MiB of memory in use"
says "and those that wait are told why" "inconclusive: not played to its end"

guest -DMIB=1 -DSPIN
plays --scenario all --jobs 2 --max-cpu 2 --max-wall 100
says "a matrix that never joins" "budget-spent: .*all scenarios had taken 2 s of CPU time"
says "ends as a whole" "inconclusive: not played to its end"
"$armvm" check --boot-timeout 1 --json "$img" >json 2>stderr
ok "check leaves the boots undetermined" jq -e '[.images[0].checks[] | select(.family == "boot").outcome] |
	index("finding") == null and index("inconclusive") != null' json
exits 2 "no memory at all is wrong usage" "$firmware" --max-memory 1 --disk "$img"
tap_done
