/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image: the verb table.
 */
#include <stdio.h>

int main(void)
{
	fprintf(stderr, "usage: armvm-image VERB ...\n");
	return 2;
}
