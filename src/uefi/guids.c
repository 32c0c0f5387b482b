/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of partition types. Only types that a disk image is likely to
 * hold; the full registries are libfdisk's and the DPS's. A unit test holds the
 * rows that libfdisk knows too against it.
 */
#include <string.h>

#include "uefi/guids.h"

/* clang-format off */
const struct uefi_part_type uefi_part_types[] = {
	{ "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", UEFI_ROLE_ESP, NULL, "esp", "EFI System Partition" },
	{ "bc13c2ff-59e6-4262-a352-b275fd6f7172", UEFI_ROLE_XBOOTLDR, NULL, "xbootldr", "extended boot loader" },
	{ "0fc63daf-8483-4772-8e79-3d69d8477de4", UEFI_ROLE_LINUX, NULL, "linux-generic", "Linux file system" },
	{ "b921b045-1df0-41c3-af44-4c6f280d3fae", UEFI_ROLE_ROOT, "aarch64", "root-arm64", "Linux root (arm64)" },
	{ "69dad710-2ce4-4e3c-b16c-21a1d49abed3", UEFI_ROLE_ROOT, "arm", "root-arm", "Linux root (arm)" },
	{ "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", UEFI_ROLE_ROOT, "x86_64", "root-x86-64", "Linux root (x86-64)" },
	{ "44479540-f297-41b2-9af7-d131d5f0458a", UEFI_ROLE_ROOT, "i686", "root-x86", "Linux root (x86)" },
	{ "6523f8ae-3eb1-4e2a-a05a-18b695ae656f", UEFI_ROLE_ROOT, "alpha", "root-alpha", "Linux root (alpha)" },
	{ "d27f46ed-2919-4cb8-bd25-9531f3c16534", UEFI_ROLE_ROOT, "arc", "root-arc", "Linux root (arc)" },
	{ "993d8d3d-f80e-4225-855a-9daf8ed7ea97", UEFI_ROLE_ROOT, "ia64", "root-ia64", "Linux root (ia64)" },
	{ "77055800-792c-4f94-b39a-98c91b762bb6", UEFI_ROLE_ROOT, "loongarch64", "root-loongarch64", "Linux root (loongarch64)" },
	{ "37c58c8a-d913-4156-a25f-48b1b64e07f0", UEFI_ROLE_ROOT, "mips", "root-mips-le", "Linux root (mips-le)" },
	{ "700bda43-7a34-4507-b179-eeb93d7a7ca3", UEFI_ROLE_ROOT, "mips64", "root-mips64-le", "Linux root (mips64-le)" },
	{ "1de3f1ef-fa98-47b5-8dcd-4a860a654d78", UEFI_ROLE_ROOT, "ppc", "root-ppc", "Linux root (ppc)" },
	{ "912ade1d-a839-4913-8964-a10eee08fbd2", UEFI_ROLE_ROOT, "ppc64", "root-ppc64", "Linux root (ppc64)" },
	{ "c31c45e6-3f39-412e-80fb-4809c4980599", UEFI_ROLE_ROOT, "ppc64le", "root-ppc64-le", "Linux root (ppc64-le)" },
	{ "60d5a7fe-8e7d-435c-b714-3dd8162144e1", UEFI_ROLE_ROOT, "riscv32", "root-riscv32", "Linux root (riscv32)" },
	{ "72ec70a6-cf74-40e6-bd49-4bda08e8f224", UEFI_ROLE_ROOT, "riscv64", "root-riscv64", "Linux root (riscv64)" },
	{ "08a7acea-624c-4a20-91e8-6e0fa67d23f9", UEFI_ROLE_ROOT, "s390", "root-s390", "Linux root (s390)" },
	{ "5eead9a9-fe09-4a1e-a1d7-520d00531306", UEFI_ROLE_ROOT, "s390x", "root-s390x", "Linux root (s390x)" },
	{ "c50cdd70-3862-4cc3-90e1-809a8c93ee2c", UEFI_ROLE_ROOT, "tilegx", "root-tilegx", "Linux root (tilegx)" },
	{ "b0e01050-ee5f-4390-949a-9101b17104e9", UEFI_ROLE_USR, "aarch64", "usr-arm64", "Linux /usr (arm64)" },
	{ "7d0359a3-02b3-4f0a-865c-654403e70625", UEFI_ROLE_USR, "arm", "usr-arm", "Linux /usr (arm)" },
	{ "8484680c-9521-48c6-9c11-b0720656f69e", UEFI_ROLE_USR, "x86_64", "usr-x86-64", "Linux /usr (x86-64)" },
	{ "75250d76-8cc6-458e-bd66-bd47cc81a812", UEFI_ROLE_USR, "i686", "usr-x86", "Linux /usr (x86)" },
	{ "e18cf08c-33ec-4c0d-8246-c6c6fb3da024", UEFI_ROLE_USR, "alpha", "usr-alpha", "Linux /usr (alpha)" },
	{ "7978a683-6316-4922-bbee-38bff5a2fecc", UEFI_ROLE_USR, "arc", "usr-arc", "Linux /usr (arc)" },
	{ "4301d2a6-4e3b-4b2a-bb94-9e0b2c4225ea", UEFI_ROLE_USR, "ia64", "usr-ia64", "Linux /usr (ia64)" },
	{ "e611c702-575c-4cbe-9a46-434fa0bf7e3f", UEFI_ROLE_USR, "loongarch64", "usr-loongarch64", "Linux /usr (loongarch64)" },
	{ "0f4868e9-9952-4706-979f-3ed3a473e947", UEFI_ROLE_USR, "mips", "usr-mips-le", "Linux /usr (mips-le)" },
	{ "c97c1f32-ba06-40b4-9f22-236061b08aa8", UEFI_ROLE_USR, "mips64", "usr-mips64-le", "Linux /usr (mips64-le)" },
	{ "7d14fec5-cc71-415d-9d6c-06bf0b3c3eaf", UEFI_ROLE_USR, "ppc", "usr-ppc", "Linux /usr (ppc)" },
	{ "2c9739e2-f068-46b3-9fd0-01c5a9afbcca", UEFI_ROLE_USR, "ppc64", "usr-ppc64", "Linux /usr (ppc64)" },
	{ "15bb03af-77e7-4d4a-b12b-c0d084f7491c", UEFI_ROLE_USR, "ppc64le", "usr-ppc64-le", "Linux /usr (ppc64-le)" },
	{ "b933fb22-5c3f-4f91-af90-e2bb0fa50702", UEFI_ROLE_USR, "riscv32", "usr-riscv32", "Linux /usr (riscv32)" },
	{ "beaec34b-8442-439b-a40b-984381ed097d", UEFI_ROLE_USR, "riscv64", "usr-riscv64", "Linux /usr (riscv64)" },
	{ "cd0f869b-d0fb-4ca0-b141-9ea87cc78d66", UEFI_ROLE_USR, "s390", "usr-s390", "Linux /usr (s390)" },
	{ "8a4f5770-50aa-4ed3-874a-99b710db6fea", UEFI_ROLE_USR, "s390x", "usr-s390x", "Linux /usr (s390x)" },
	{ "55497029-c7c1-44cc-aa39-815ed1558630", UEFI_ROLE_USR, "tilegx", "usr-tilegx", "Linux /usr (tilegx)" },
	{ "df3300ce-d69f-4c92-978c-9bfb0f38d820", UEFI_ROLE_VERITY, "aarch64", "root-arm64-verity", "Linux root verity (arm64)" },
	{ "6db69de6-29f4-4758-a7a5-962190f00ce3", UEFI_ROLE_VERITY, "aarch64", "root-arm64-verity-sig", "Linux root verity signature (arm64)" },
	{ "6e11a4e7-fbca-4ded-b9e9-e1a512bb664e", UEFI_ROLE_VERITY, "aarch64", "usr-arm64-verity", "Linux /usr verity (arm64)" },
	{ "c23ce4ff-44bd-4b00-b2d4-b41b3419e02a", UEFI_ROLE_VERITY, "aarch64", "usr-arm64-verity-sig", "Linux /usr verity signature (arm64)" },
	{ "7386cdf2-203c-47a9-a498-f2ecce45a2d6", UEFI_ROLE_VERITY, "arm", "root-arm-verity", "Linux root verity (arm)" },
	{ "42b0455f-eb11-491d-98d3-56145ba9d037", UEFI_ROLE_VERITY, "arm", "root-arm-verity-sig", "Linux root verity signature (arm)" },
	{ "c215d751-7bcd-4649-be90-6627490a4c05", UEFI_ROLE_VERITY, "arm", "usr-arm-verity", "Linux /usr verity (arm)" },
	{ "d7ff812f-37d1-4902-a810-d76ba57b975a", UEFI_ROLE_VERITY, "arm", "usr-arm-verity-sig", "Linux /usr verity signature (arm)" },
	{ "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", UEFI_ROLE_VERITY, "x86_64", "root-x86-64-verity", "Linux root verity (x86-64)" },
	{ "41092b05-9fc8-4523-994f-2def0408b176", UEFI_ROLE_VERITY, "x86_64", "root-x86-64-verity-sig", "Linux root verity signature (x86-64)" },
	{ "77ff5f63-e7b6-4633-acf4-1565b864c0e6", UEFI_ROLE_VERITY, "x86_64", "usr-x86-64-verity", "Linux /usr verity (x86-64)" },
	{ "e7bb33fb-06cf-4e81-8273-e543b413e2e2", UEFI_ROLE_VERITY, "x86_64", "usr-x86-64-verity-sig", "Linux /usr verity signature (x86-64)" },
	{ "d13c5d3b-b5d1-422a-b29f-9454fdc89d76", UEFI_ROLE_VERITY, "i686", "root-x86-verity", "Linux root verity (x86)" },
	{ "5996fc05-109c-48de-808b-23fa0830b676", UEFI_ROLE_VERITY, "i686", "root-x86-verity-sig", "Linux root verity signature (x86)" },
	{ "8f461b0d-14ee-4e81-9aa9-049b6fb97abd", UEFI_ROLE_VERITY, "i686", "usr-x86-verity", "Linux /usr verity (x86)" },
	{ "974a71c0-de41-43c3-be5d-5c5ccd1ad2c0", UEFI_ROLE_VERITY, "i686", "usr-x86-verity-sig", "Linux /usr verity signature (x86)" },
	{ "b6ed5582-440b-4209-b8da-5ff7c419ea3d", UEFI_ROLE_VERITY, "riscv64", "root-riscv64-verity", "Linux root verity (riscv64)" },
	{ "efe0f087-ea8d-4469-821a-4c2a96a8386a", UEFI_ROLE_VERITY, "riscv64", "root-riscv64-verity-sig", "Linux root verity signature (riscv64)" },
	{ "8f1056be-9b05-47c4-81d6-be53128e5b54", UEFI_ROLE_VERITY, "riscv64", "usr-riscv64-verity", "Linux /usr verity (riscv64)" },
	{ "d2f9000a-7a18-453f-b5cd-4d32f77a7b32", UEFI_ROLE_VERITY, "riscv64", "usr-riscv64-verity-sig", "Linux /usr verity signature (riscv64)" },
	{ "933ac7e1-2eb4-4f13-b844-0e14e2aef915", UEFI_ROLE_HOME, NULL, "home", "Linux /home" },
	{ "773f91ef-66d4-49b5-bd83-d683bf40ad16", UEFI_ROLE_HOME, NULL, "user-home", "Linux user's home" },
	{ "3b8f8425-20e0-4f3b-907f-1a25a76f98e8", UEFI_ROLE_SRV, NULL, "srv", "Linux /srv" },
	{ "4d21b016-b534-45c2-a9fb-5c16e091fd2d", UEFI_ROLE_VAR, NULL, "var", "Linux /var" },
	{ "7ec6f557-3bc5-4aca-b293-16ef5df639d1", UEFI_ROLE_TMP, NULL, "tmp", "Linux /var/tmp" },
	{ "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", UEFI_ROLE_SWAP, NULL, "swap", "Linux swap" },
	{ "e6d6d379-f507-44c2-a23c-238f2a3df928", UEFI_ROLE_LVM, NULL, "linux-lvm", "Linux LVM" },
	{ "a19d880f-05fc-4d3b-a006-743f0f84911e", UEFI_ROLE_RAID, NULL, "linux-raid", "Linux RAID" },
	{ "8da63339-0007-60c0-c436-083ac8230908", UEFI_ROLE_OTHER, NULL, "linux-reserved", "Linux reserved" },
	{ "ca7d7ccb-63ed-4c53-861c-1742536059cc", UEFI_ROLE_CRYPT, NULL, "luks", "LUKS" },
	{ "7ffec5c9-2d00-49b7-8941-3ea10a5586b7", UEFI_ROLE_CRYPT, NULL, "dm-crypt", "plain dm-crypt" },
	{ "21686148-6449-6e6f-744e-656564454649", UEFI_ROLE_BIOS_BOOT, NULL, "bios-boot", "BIOS boot" },
	{ "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", UEFI_ROLE_BASIC_DATA, NULL, "microsoft-basic-data", "Microsoft basic data" },
	{ "e3c9e316-0b5c-4db8-817d-f92df00215ae", UEFI_ROLE_MS_RESERVED, NULL, "microsoft-reserved", "Microsoft reserved" },
	{ "de94bba4-06d1-4d40-a16a-bfd50179d6ac", UEFI_ROLE_OTHER, NULL, "windows-recovery", "Windows recovery" },
	{ "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", UEFI_ROLE_OTHER, NULL, "microsoft-ldm-metadata", "Microsoft LDM metadata" },
	{ "af9b60a0-1431-4f62-bc68-3311714a69ad", UEFI_ROLE_OTHER, NULL, "microsoft-ldm-data", "Microsoft LDM data" },
	{ "e75caf8f-f680-4cee-afa3-b001e56efc2d", UEFI_ROLE_OTHER, NULL, "microsoft-storage-spaces", "Microsoft Storage Spaces" },
	{ "024dee41-33e7-11d3-9d69-0008c781f39f", UEFI_ROLE_OTHER, NULL, "mbr-scheme", "MBR partition scheme" },
	{ "3de21764-95bd-54bd-a5c3-4abe786f38a8", UEFI_ROLE_FIRMWARE, NULL, "u-boot-environment", "U-Boot environment" },
	{ "9e1a2d38-c612-4316-aa26-8b49521e5a8b", UEFI_ROLE_OTHER, NULL, "prep", "PowerPC PReP boot" },
	{ "7412f7d5-a156-4b13-81dc-867174929325", UEFI_ROLE_OTHER, NULL, "onie-boot", "ONIE boot" },
	{ "83bd6b9d-7f41-11dc-be0b-001560b84f0f", UEFI_ROLE_OTHER, NULL, "freebsd-boot", "FreeBSD boot" },
	{ "516e7cb4-6ecf-11d6-8ff8-00022d09712b", UEFI_ROLE_OTHER, NULL, "freebsd-data", "FreeBSD data" },
	{ "516e7cb5-6ecf-11d6-8ff8-00022d09712b", UEFI_ROLE_OTHER, NULL, "freebsd-swap", "FreeBSD swap" },
	{ "516e7cb6-6ecf-11d6-8ff8-00022d09712b", UEFI_ROLE_OTHER, NULL, "freebsd-ufs", "FreeBSD UFS" },
	{ "516e7cba-6ecf-11d6-8ff8-00022d09712b", UEFI_ROLE_OTHER, NULL, "freebsd-zfs", "FreeBSD ZFS" },
	{ "48465300-0000-11aa-aa11-00306543ecac", UEFI_ROLE_OTHER, NULL, "apple-hfs", "Apple HFS+" },
	{ "7c3457ef-0000-11aa-aa11-00306543ecac", UEFI_ROLE_OTHER, NULL, "apple-apfs", "Apple APFS" },
	{ "fe3a2a5d-4f32-41a7-b725-accc3285a309", UEFI_ROLE_OTHER, NULL, "chromeos-kernel", "ChromeOS kernel" },
	{ "3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", UEFI_ROLE_OTHER, NULL, "chromeos-root", "ChromeOS root fs" },
	{ "824cc7a0-36a8-11e3-890a-952519ad3f61", UEFI_ROLE_OTHER, NULL, "openbsd-data", "OpenBSD data" },
	{ "49f48d5a-b10e-11dc-b99b-0019d1879648", UEFI_ROLE_OTHER, NULL, "netbsd-ffs", "NetBSD FFS" },
	{ "49f48d32-b10e-11dc-b99b-0019d1879648", UEFI_ROLE_OTHER, NULL, "netbsd-swap", "NetBSD swap" },
	{ NULL, UEFI_ROLE_OTHER, NULL, NULL, NULL },
};
/* clang-format on */

const struct uefi_part_type *uefi_part_type(struct guid type)
{
	char text[GUID_TEXT_LEN + 1];

	guid_format(type, text);
	for (const struct uefi_part_type *t = uefi_part_types; t->guid; t++)
		if (strcmp(t->guid, text) == 0)
			return t;
	return NULL;
}

/* The names of `uname -m` that share a partition type with another name. */
static const char *arch_of_machine(const char *machine)
{
	if (strncmp(machine, "armv", 4) == 0)
		return "arm";
	if (strcmp(machine, "i386") == 0)
		return "i686";
	return machine;
}

const struct uefi_part_type *uefi_part_type_for(enum uefi_part_role role, const char *arch)
{
	for (const struct uefi_part_type *t = uefi_part_types; t->guid; t++) {
		if (t->role != role || !t->arch != !arch)
			continue;
		if (!arch || strcmp(t->arch, arch_of_machine(arch)) == 0)
			return t;
	}
	return NULL;
}
