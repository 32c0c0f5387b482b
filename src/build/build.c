/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a build. See build.h.
 */
#include <stdlib.h>

#include "build/build.h"

void build_result_release(struct build_result *r)
{
	free(r->out);
	free(r->system);
	free(r->loader);
	strlist_release(&r->changes);
	strlist_release(&r->warnings);
	strlist_release(&r->problems);
	*r = (struct build_result){ 0 };
}
