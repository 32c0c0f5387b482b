/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gpt checks.
 */
#include "checks/groups.h"

const struct check_group gpt_checks = { NULL, 0 };
