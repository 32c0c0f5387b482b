/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The esp checks.
 */
#include "checks/groups.h"

const struct check_group esp_checks = { NULL, 0 };
