/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-firmware: the bundled reference firmware emulator. See armvm-firmware(1).
 */
#include <stdio.h>
#include <string.h>

#include "firmware/cpu/cpu.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("armvm-firmware %s, stores %s\n", ARMVM_VERSION,
			cpu_is_cured() ? "fast" : "slow");
		return 0;
	}
	fprintf(stderr, "usage: armvm-firmware --version\n");
	return 2;
}
