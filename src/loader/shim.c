/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shim and its two companions: the fallback program (fbaa64.efi), which
 * writes Boot#### variables from CSV files, and MokManager (mmaa64.efi). Their
 * version is in shim's own banner and in SBAT; the file that shim starts is a
 * UTF-16 text in it, "\grubaa64.efi" unless its builder chose another.
 */
#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/loader.h"

static const char banner[] = "UEFI SHIM\n$Version: ";

/* A UTF-16 text "\NAME.efi" at p, NAME in plain characters; the caller frees it. NULL: it is none. */
static char *wide_file(const uint8_t *p, const uint8_t *end)
{
	char name[64];
	size_t used = 0;

	for (p += 2; p + 1 < end && used + 1 < sizeof(name); p += 2) {
		if (!p[0] && !p[1]) {
			name[used] = '\0';
			if (used > 4 && strcasecmp(name + used - 4, ".efi") == 0)
				return xstrdup(name);
			return NULL;
		}
		if (p[1] || !(isalnum(p[0]) || strchr("-_.", p[0])))
			return NULL;
		name[used++] = (char)p[0];
	}
	return NULL;
}

static bool is_companion(const char *name)
{
	return strncasecmp(name, "fb", 2) == 0 || strncasecmp(name, "mm", 2) == 0 ||
	       strncasecmp(name, "fallback", 8) == 0 || strncasecmp(name, "MokManager", 10) == 0;
}

/* The first such text that is neither the fallback program nor MokManager. */
static char *find_second_stage(const struct efi_view *efi)
{
	const uint8_t *p = efi->bytes, *end = efi->bytes + efi->len;

	while (end - p > 4 && (p = memmem(p, (size_t)(end - p), "\\\0", 2))) {
		char *name = wide_file(p, end);

		if (name && !is_companion(name))
			return name;
		free(name);
		p += 2;
	}
	return NULL;
}

static bool recognise_shim(const struct efi_view *efi, struct loader_facts *facts)
{
	if (!efi_text_after(
		    efi, banner, sizeof(banner) - 1, " $", facts->version, sizeof(facts->version)))
		return false;
	facts->second_stage = find_second_stage(efi);
	return true;
}

/* "shim" in SBAT names a number of shim's, not its version: the banner's is better, where it is. */
static void companion_version(const struct efi_view *efi, struct loader_facts *facts)
{
	efi_sbat_version(efi, "shim", facts->version, sizeof(facts->version));
}

static bool recognise_mokmanager(const struct efi_view *efi, struct loader_facts *facts)
{
	if (!efi_has_wide(efi, "Perform MOK management"))
		return false;
	companion_version(efi, facts);
	return true;
}

static bool recognise_fallback(const struct efi_view *efi, struct loader_facts *facts)
{
	if (!efi_has(efi, "fallback_should_prefer_reset") && !efi_has_wide(efi, "FALLBACK_VERBOSE"))
		return false;
	companion_version(efi, facts);
	return true;
}

const struct loader_type loader_shim = { LOADER_SHIM, "shim", recognise_shim };
const struct loader_type loader_shim_mokmanager = {
	LOADER_MOKMANAGER,
	"MokManager",
	recognise_mokmanager,
};
const struct loader_type loader_shim_fallback = {
	LOADER_FALLBACK,
	"shim's fallback program",
	recognise_fallback,
};
