/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What variable stores hold before the first boot: another machine's boot
 * options, as a disk that was cloned, restored or attached elsewhere meets them.
 */
#include "firmware/scenario/extra.h"
#include "firmware/scenario/scenario.h"
#include "firmware/vars/vars.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

/* A partition that no disk has. */
static const struct guid elsewhere = { { 0x5e, 0xe0, 0x1d, 0x7a, 0xa1, 0xe0, 0x4d, 0x15, 0x8b, 0x0f,
	0x57, 0xa1, 0xe5, 0x7a, 0x1e, 0x00 } };

static void define_option(
	struct vars *v, const char *name, const char *description, struct buf *path)
{
	CLEANUP(buf_release) struct buf option = BUF_INIT;

	dp_add_end(path);
	load_option_encode(
		&option, LOAD_OPTION_ACTIVE, description, buf_bytes(path), path->len, NULL, 0);
	vars_define(v, name, buf_bytes(&option), option.len);
	buf_reset(path);
}

static void add_partition(struct buf *path, struct guid partition)
{
	dp_add_hd(path, &(struct dp_hd){ .partition = 1,
				.start = EXTRA_PARTITION_LBA,
				.size = EXTRA_PARTITION_BLOCKS,
				.signature = partition,
				.format = 2,
				.signature_type = DP_HD_GUID });
}

/* The short form that installers write, and the long one that firmware makes of a disk. */
static void make_stale(struct vars *v)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	add_partition(&path, elsewhere);
	dp_add_file(&path, "\\EFI\\debian\\shimaa64.efi");
	define_option(v, "Boot0000", "debian", &path);
	dp_add_acpi(&path, DP_PCI_ROOT, 0);
	dp_add_pci(&path, 0x1f, 0);
	define_option(v, "Boot0001", "UEFI Misc Device", &path);
	vars_define(v, "BootOrder", "\0\0\1", 4);
}

static void make_foreign(struct vars *v)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	add_partition(&path, extra_partition(SCENARIO_ESP));
	dp_add_file(&path, "\\EFI\\other\\grubaa64.efi");
	define_option(v, "Boot0000", "other", &path);
	vars_define(v, "BootOrder", "\0", 2);
}

struct vars *scenario_vars(const struct scenario *s)
{
	struct vars *v = vars_new();

	vars_set_policy(v, var_policy_find(s->policy));
	if (s->keeps_options)
		vars_keep_options(v);
	if (s->store == STORE_STALE)
		make_stale(v);
	if (s->store == STORE_FOREIGN)
		make_foreign(v);
	return v;
}
