/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB for EFI: one image whose "mods" section holds the modules, and with
 * them what decides where it looks for its configuration: the prefix, an
 * embedded configuration and a memory disk (GRUB's include/grub/kernel.h:
 * struct grub_module_info64 and the object types).
 */
#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "loader/loader.h"

#define MODINFO_MAGIC 0x676d696d /* "mimg" */
#define MODINFO_LEN   24         /* magic, padding, offset of the first object, size of all */
#define OBJECT_LEN    8          /* type, size */

enum {
	OBJECT_MODULE = 0,
	OBJECT_MEMDISK = 1,
	OBJECT_CONFIG = 2,
	OBJECT_PREFIX = 3,
};

/* Text of an object, up to its first NUL; the first of its kind counts. */
static void take_text(char **field, const uint8_t *p, size_t len)
{
	if (!*field)
		*field = xstrndup((const char *)p, len);
}

static void read_object(struct loader_facts *facts, uint32_t type, const uint8_t *p, size_t len)
{
	if (type == OBJECT_MODULE)
		grub_modules_add(&facts->modules, p, len, NULL);
	else if (type == OBJECT_MEMDISK && !facts->memdisk.len)
		buf_add(&facts->memdisk, p, len);
	else if (type == OBJECT_CONFIG)
		take_text(&facts->config, p, len);
	else if (type == OBJECT_PREFIX)
		take_text(&facts->prefix, p, len);
}

static void read_version(const struct efi_view *efi, struct loader_facts *facts)
{
	/* normal.mod has the format string and, behind its NUL, the version. */
	static const char format[] = "GNU GRUB  version %s";

	if (efi_text_after(
		    efi, format, sizeof(format), "", facts->version, sizeof(facts->version)) &&
		isdigit((unsigned char)facts->version[0]))
		return;
	facts->version[0] = '\0';
	efi_sbat_version(efi, "grub", facts->version, sizeof(facts->version));
}

/*
 * Red Hat's patches hand \xHH through, from Fedora 18 on, in all that is made of their sources: they bring the module
 * blscfg. SUSE has that one without the others; upstream's of 2.14 is called blsuki.
 */
static bool keeps_hex(const struct efi_view *efi, const struct loader_facts *facts)
{
	char version[64];

	return strlist_has(&facts->modules.names, "blscfg") &&
	       !efi_sbat_version(efi, "grub.opensuse", version, sizeof(version)) &&
	       !efi_sbat_version(efi, "grub.sle", version, sizeof(version));
}

static bool recognise_grub(const struct efi_view *efi, struct loader_facts *facts)
{
	size_t len;
	const uint8_t *mods = efi_section(efi, "mods", &len);
	uint64_t at, size;

	if (!mods || len < MODINFO_LEN || le32(mods) != MODINFO_MAGIC)
		return false;
	at = le64(mods + 8);
	size = le64(mods + 16);
	if (size > len)
		size = len;
	while (range_within(at, OBJECT_LEN, size)) {
		uint32_t object = le32(mods + at + 4);

		if (object < OBJECT_LEN || !range_within(at, object, size))
			break;
		read_object(facts, le32(mods + at), mods + at + OBJECT_LEN, object - OBJECT_LEN);
		at += object;
	}
	read_version(efi, facts);
	/* A variable that Red Hat's patches brought, in Debian since 2.12. */
	facts->fw_path = efi_has(efi, "fw_path");
	facts->keeps_hex = keeps_hex(efi, facts);
	return true;
}

const struct loader_type loader_grub = { LOADER_GRUB, "GRUB", recognise_grub };
