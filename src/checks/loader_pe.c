/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader_pe checks.
 */
#include "checks/groups.h"

const struct check_group loader_pe_checks = { NULL, 0 };
