/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUIDs that have a meaning: the partition types of UEFI 2.10 5.3.3, of the
 * Discoverable Partitions Specification (DPS) and of common tools, as data.
 * GUIDs are text in lower case here, because that is how a reader knows them;
 * guid_parse() and guid_format() (base/guid.h) go between text and bytes.
 */
#ifndef ARMVM_UEFI_GUIDS_H
#define ARMVM_UEFI_GUIDS_H

#include "base/guid.h"

#define UEFI_PART_ESP        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" /* VM-4 */
#define UEFI_PART_LINUX      "0fc63daf-8483-4772-8e79-3d69d8477de4"
#define UEFI_PART_XBOOTLDR   "bc13c2ff-59e6-4262-a352-b275fd6f7172"
#define UEFI_PART_ROOT_ARM   "69dad710-2ce4-4e3c-b16c-21a1d49abed3"
#define UEFI_PART_ROOT_ARM64 "b921b045-1df0-41c3-af44-4c6f280d3fae"

/* What a partition of a type is for. */
enum uefi_part_role {
	UEFI_ROLE_OTHER,
	UEFI_ROLE_ESP,
	UEFI_ROLE_XBOOTLDR,
	UEFI_ROLE_LINUX, /* any Linux file system */
	UEFI_ROLE_ROOT,
	UEFI_ROLE_USR,
	UEFI_ROLE_VERITY, /* hashes or signatures of a root or /usr */
	UEFI_ROLE_HOME,
	UEFI_ROLE_SRV,
	UEFI_ROLE_VAR,
	UEFI_ROLE_TMP,
	UEFI_ROLE_SWAP,
	UEFI_ROLE_LVM,
	UEFI_ROLE_RAID,
	UEFI_ROLE_CRYPT,
	UEFI_ROLE_BIOS_BOOT,
	UEFI_ROLE_BASIC_DATA, /* Microsoft's, and what tools gave Linux before 2012 */
	UEFI_ROLE_MS_RESERVED,
	UEFI_ROLE_FIRMWARE, /* holds firmware or its variables (VM-8, VM-10) */
};

struct uefi_part_type {
	const char *guid; /* lower case text */
	enum uefi_part_role role;
	const char *arch; /* as `uname -m` says it; NULL: none in particular */
	const char *word; /* one word, as DPS and systemd-repart write it: "root-arm64" */
	const char *name; /* for people: "Linux root (arm64)" */
};

/* All of them, ended by a row whose guid is NULL. */
extern const struct uefi_part_type uefi_part_types[];

/* The row of a type GUID; NULL when it is not known. */
const struct uefi_part_type *uefi_part_type(struct guid type);

/*
 * The row of a role for an architecture ("aarch64", "armv7l" ...; NULL for
 * roles that are not bound to one): the first, where DPS gives a role several. NULL when there is none.
 */
const struct uefi_part_type *uefi_part_type_for(enum uefi_part_role role, const char *arch);

#endif
