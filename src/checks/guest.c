/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest checks.
 */
#include "checks/groups.h"

const struct check_group guest_checks = { NULL, 0 };
