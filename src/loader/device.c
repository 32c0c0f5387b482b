/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices as GRUB names them: see device.h.
 */
#include "loader/device.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

/* GRUB writes UUIDs without what stands between their digits. The caller frees it. */
static char *digits_of(const char *uuid)
{
	char *digits = xstrdup(uuid), *to = digits;

	for (; *uuid; uuid++)
		if (isxdigit((unsigned char)*uuid))
			*to++ = *uuid;
	*to = '\0';
	return digits;
}

static bool has_digits(const char *uuid, const char *digits)
{
	CLEANUP(xfree) char *have = digits_of(uuid);

	return strcasecmp(have, digits) == 0;
}

static bool is_called(const struct volume *v, const char *name)
{
	if (strncmp(name, "lvm/", 4) == 0)
		return v->lvm_name && strcmp(v->lvm_name, name + 4) == 0;
	if (strncmp(name, "md/", 3) == 0)
		return v->md_name && *v->md_name && strcmp(v->md_name, name + 3) == 0;
	if (strncmp(name, "mduuid/", 7) == 0)
		return v->md_uuid && has_digits(v->md_uuid, name + 7);
	return strncmp(name, "cryptouuid/", 11) == 0 && v->luks_uuid &&
	       has_digits(v->luks_uuid, name + 11);
}

const struct volume *device_stacked(const struct chain_view *view, const char *name)
{
	for (size_t i = 0; i < view->n; i++)
		if (is_called(&view->volumes[i], name))
			return &view->volumes[i];
	return NULL;
}

char *device_name(const struct volume *v, unsigned disk)
{
	CLEANUP(xfree)
	char *digits = digits_of(v->md_uuid ? v->md_uuid : v->luks_uuid ? v->luks_uuid : "");

	if (v->lvm_name)
		return xasprintf("lvm/%s", v->lvm_name);
	if (v->md_uuid && *v->md_name)
		return xasprintf("md/%s", v->md_name);
	if (v->md_uuid)
		return xasprintf("mduuid/%s", digits);
	if (v->luks_uuid)
		return xasprintf("cryptouuid/%s", digits);
	if (!v->number)
		return xasprintf("hd%u", disk);
	return xasprintf("hd%u,gpt%u", disk, v->number);
}

char *device_path(const struct volume *v, const char *path)
{
	CLEANUP(xfree) char *device = device_name(v, 0);

	return xasprintf("(%s)%s", device, path);
}

const struct volume *device_split(
	const struct chain_view *view, const char *name, const char **path)
{
	const char *close = *name == '(' ? strchr(name, ')') : NULL;
	CLEANUP(xfree) char *device = NULL;

	*path = close ? close + 1 : name;
	if (!close)
		return NULL;
	device = xstrndup(name + 1, (size_t)(close - name - 1));
	for (size_t i = 0; i < view->n; i++) {
		CLEANUP(xfree) char *have = device_name(&view->volumes[i], 0);

		if (strcmp(have, device) == 0)
			return &view->volumes[i];
	}
	return device_stacked(view, device);
}
