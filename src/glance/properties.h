/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What OpenStack's Glance should know of an image, each value derived from
 * what is in the image and with the reason for it: the format, what a flavor
 * needs, the machine, the drivers, the system.
 *
 * Values come from strangers and end on command lines and in shells, so none
 * has other characters than letters, digits and "._+:,-", and none begins with '-'.
 */
#ifndef ARMVM_GLANCE_PROPERTIES_H
#define ARMVM_GLANCE_PROPERTIES_H

#include "base/err.h"

struct image;

struct glance_property {
	const char *name; /* "hw_disk_bus"; static */
	/* The option of `openstack image create` that it is, "--min-disk"; NULL: a property. */
	const char *option;
	char *value;  /* NULL: left out */
	char *reason; /* a sentence without a full stop; may hold text from the image */
};

/* Starts zeroed. */
struct glance_properties {
	struct glance_property *v; /* in the order in which they are shown */
	size_t n;
};

/*
 * Derives them all. An error means that the disk could not be opened; what
 * else is missing leaves properties out, with the reason.
 */
int glance_properties_of(struct image *image, struct glance_properties *out, struct err *err);
void glance_properties_release(struct glance_properties *p);
DEFINE_RELEASE(struct glance_properties, glance_properties_release)

/*
 * Adds one that a process sends which is not to be believed; "" as its value means
 * that it is left out. False when no property has this name, there is one already, or
 * the value has other characters.
 */
MUST_CHECK bool glance_property_take(
	struct glance_properties *p, const char *name, const char *value, const char *reason);

/* The value of a name; NULL when it is left out or not known. */
const char *glance_property(const struct glance_properties *p, const char *name);

/*
 * Adds one, as the upload does for what was waived. value is the caller's own and must be of the
 * characters above; it may be long, for Glance limits names alone.
 */
void glance_property_add(
	struct glance_properties *p, const char *name, const char *value, const char *reason);

#endif
