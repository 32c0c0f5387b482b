/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest_drivers checks.
 */
#include "checks/groups.h"

const struct check_group guest_drivers_checks = { NULL, 0 };
