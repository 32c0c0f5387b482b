/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three standard descriptors.
 */
#ifndef ARMVM_BASE_STANDARD_H
#define ARMVM_BASE_STANDARD_H

#include "base/base.h"

/*
 * A standard descriptor that the caller has closed would be the next file that is opened, an image
 * or an output, and what is printed would go into that. It is held; using one stays an error. False:
 * that was not possible.
 */
MUST_CHECK bool standard_hold(void);

/* Whether all that was printed to standard output got there; else errno says why. */
MUST_CHECK bool standard_flush(void);

#endif
