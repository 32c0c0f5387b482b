/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticated writes of any bytes (firmware/vars/auth.c, keys.c; pe/signed_data.c, siglist.c): in setup
 * mode, in user mode, to variables of others; a program judged by what was stored; and a time stamp.
 */
#include <stdlib.h>

#include "base/base.h"
#include "firmware/vars/vars.h"
#include "pe/secure_boot.h"
#include "pe/timestamp.h"
#include "uefi/protocols.h"

#define KEY (VAR_NON_VOLATILE | VAR_BOOT_SERVICE | VAR_RUNTIME | VAR_TIME_AUTH)

static const uint16_t kek[] = { 'K', 'E', 'K', 0 }, db[] = { 'd', 'b', 0 },
		      own[] = { 'G', 'u', 'e', 's', 't', 'K', 'e', 'y', 's', 0 };
/* Of tests/guest/keys.files, from which the corpus is. */
static const struct guid vendor = { { 0xd6, 0x8a, 0x6f, 0x5a, 0x1f, 0x3d, 0x52, 0x4f, 0x93, 0x7b,
	0x11, 0x40, 0x5e, 0x2c, 0x77, 0x01 } };

static struct siglists stored(const struct vars *v, const uint16_t *name)
{
	const struct variable *var = vars_get(v, name, uefi_image_security_database, false);

	return var ? (struct siglists){ var->data, var->size } : (struct siglists){ NULL, 0 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(vars_free) struct vars *v = vars_new();
	struct pe_memory memory = { data, size };
	struct pe_source source = pe_source_memory(&memory);
	CLEANUP(pe_release) struct pe pe;
	struct err err = { 0 };
	struct pe_der cert = { (uint8_t *)data, size };
	const struct pe_signature stamped = { .value = cert, .stamp = cert };
	uint8_t time[TIMESTAMP_SIZE];

	vars_power_on(v);
	vars_set(v, own, vendor, KEY, data, size, false);
	vars_set(v, own, vendor, KEY | VAR_APPEND, data, size, false);
	vars_set(v, kek, uefi_global_variable, KEY, data, size, false);
	vars_set(v, db, uefi_image_security_database, KEY, data, size, false);
	vars_set(v, db, uefi_image_security_database, KEY | VAR_APPEND, data, size, false);
	vars_define(v, "PK", data, size);
	vars_set(v, db, uefi_image_security_database, KEY, data, size, false);
	vars_set(v, kek, uefi_global_variable, KEY, data, size, true);
	if (pe_read(&pe, &source, &err) == 0 || pe.n_sections)
		secure_boot_refuses(&pe, &source,
			&(struct secure_boot_lists){
				.db = stored(v, db),
				.dbx = { data, size },
				.dbt = stored(v, db),
			});
	timestamp_read(&stamped, &cert, time);
	return 0;
}
