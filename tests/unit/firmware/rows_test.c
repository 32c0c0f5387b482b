/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of all services: what they say of their arguments can be; those that can't say all are listed here, each
 * with its reason in the row.
 */
#include <stdlib.h>
#include <string.h>

#include "../fat/volume.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/proto/console.h"
#include "firmware/proto/disks.h"
#include "firmware/services/service.h"

/* In the order of their slots. */
static const char *const unsaid[] = { "LocateDevicePath", "ConnectController",
	"InstallMultipleProtocolInterfaces", "UninstallMultipleProtocolInterfaces",
	"DevicePathUtilities.GetNextDevicePathInstance", "Gop.Blt", "HiiDatabase.NewPackageList",
	"HiiDatabase.UpdatePackageList", "HiiDatabase.FindKeyboardLayouts",
	"HiiDatabase.GetKeyboardLayout", "HiiString.NewString", "HiiString.SetString",
	"HiiConfigRouting.ExtractConfig", "HiiConfigRouting.ExportConfig",
	"HiiConfigRouting.RouteConfig", "HiiFont.GetGlyph", "HiiFont.GetFontInfo",
	"Collation.FatToStr", "File.ReadEx", "File.WriteEx" };

static bool is_number(const struct service *s, unsigned n)
{
	return n < service_n_args(s) && s->args[n].access == ACCESS_NONE &&
	       s->args[n].kind < ARG_KIND_HANDLE;
}

static bool leads_to_number(const struct service *s, unsigned n)
{
	return n < service_n_args(s) && s->args[n].kind == ARG_KIND_NUMBER &&
	       s->args[n].access == ACCESS_BOTH;
}

static bool can_be(const struct service *s, unsigned n)
{
	const struct arg *a = &s->args[n];

	if (a->access == ACCESS_NONE)
		return a->kind <= ARG_KIND_POINTER;
	if (a->kind < ARG_KIND_POINTER || !a->size)
		return false;
	switch ((enum arg_length)a->length) {
	case LENGTH_BY:
		return is_number(s, a->by);
	case LENGTH_AT:
	case LENGTH_ROOM:
		return leads_to_number(s, a->by);
	case LENGTH_FIELD:
		return a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8;
	default:
		return !a->by;
	}
}

/* A pointer that the row says nothing of is one that is kept, or there is a reason. */
static bool says_all(const struct service *s)
{
	for (unsigned i = 0; i < service_n_args(s); i++)
		if (s->args[i].kind == ARG_KIND_POINTER && s->args[i].access == ACCESS_NONE)
			return false;
	return !s->more;
}

static void test_rows(struct machine *m)
{
	unsigned found = 0, bad = 0, surprises = 0;

	for (unsigned slot = 1; slot < m->n_slots; slot++) {
		const struct service *s = service_of_slot(m, slot);

		for (unsigned i = 0; i < service_n_args(s); i++)
			if (!can_be(s, i)) {
				bad++;
				printf("# %s: argument %u\n", s->name, i + 1);
			}
		/* What is not there reads nothing; Exit() passes its data on. */
		if (says_all(s) || !s->handler || strcmp(s->name, "Exit") == 0)
			continue;
		if (!s->more || found == ARRAY_SIZE(unsaid) ||
			strcmp(s->name, unsaid[found++]) != 0) {
			surprises++;
			printf("# %s: %s\n", s->name, s->more ? s->more : "no reason");
		}
	}
	ok(m->n_slots > 120, "all services are looked at");
	is_int(bad, 0, "their arguments can be as the rows say");
	ok(!surprises && found == ARRAY_SIZE(unsaid), "those that can't say all are known");
}

int main(void)
{
	struct machine_config config = { .limits = { .ram = 64u << 20 }, .trace_fd = -1 };
	struct protocols_config protocols = {
		.gop = true, .tpm = true, .memory_attribute = true, .console = true
	};
	CLEANUP(machine_free) struct machine *m = NULL;
	struct disk_attachment attachment = { .number = 1 };
	struct err err = { 0 };
	struct volume v;

	scratch_enter();
	if (!shell("truncate -s 8M v.img && mkfs.fat -F 12 v.img >/dev/null") ||
		machine_new(&config, &m, &err) < 0)
		return 1;
	v = volume_map("v.img", 12);
	attachment.disk = v.disk;
	protocols_init(m, &protocols);
	protocols_attach_disk(m, &attachment);
	file_prepare(m);
	test_rows(m);
	machine_free(TAKE(m));
	volume_unmap(&v);
	return tap_done();
}
