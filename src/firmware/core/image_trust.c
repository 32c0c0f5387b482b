/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure Boot's part of LoadImage() (UEFI 2.10 32.5.3), and the functions of PI's two security architectural
 * protocols, through which it is asked: a loader that vouches for a program puts
 * a function of its own there (systemd's stub, PreLoader).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/image_private.h"
#include "firmware/machine/machine.h"
#include "firmware/vars/var_store.h"
#include "pe/secure_boot.h"
#include "uefi/protocols.h"

/* A copy of a database, which is valid when others are asked, too. */
static struct siglists database(struct machine *m, const uint16_t *name)
{
	const struct variable *var = var_store_get(
		m->vars, name, uefi_image_security_database, m->boot_services_gone);

	return var ? (struct siglists){ xmemdup(var->data, var->size), var->size }
		   : (struct siglists){ NULL, 0 };
}

static const char *refuses(struct machine *m, const uint8_t *file, uint64_t size)
{
	static const uint16_t db[] = { 'd', 'b', 0 }, dbx[] = { 'd', 'b', 'x', 0 },
			      dbt[] = { 'd', 'b', 't', 0 };
	struct pe_memory memory = { file, size };
	struct pe_source source = pe_source_memory(&memory);
	CLEANUP(pe_release) struct pe pe;
	struct secure_boot_lists lists;
	struct err err = { 0 };
	const char *why;

	if (pe_read(&pe, &source, &err) < 0)
		return "it is no program";
	lists.db = database(m, db);
	lists.dbx = database(m, dbx);
	lists.dbt = database(m, dbt);
	why = secure_boot_refuses(&pe, &source, &lists);
	free((void *)lists.db.bytes);
	free((void *)lists.dbx.bytes);
	free((void *)lists.dbt.bytes);
	return why;
}

static efi_status judge(struct machine *m, struct gaddr bytes, uint64_t size)
{
	const struct variable *mode = var_store_global(m->vars, "SecureBoot");
	const uint8_t *file;
	const char *why;

	if (!mode || !mode->size || !mode->data[0])
		return EFI_SUCCESS;
	file = guest_in(m->ram, bytes, size);
	if (!file || !size)
		return EFI_INVALID_PARAMETER;
	why = refuses(m, file, size);
	if (!why)
		return EFI_SUCCESS;
	snprintf(m->images->refused, sizeof(m->images->refused), "Secure Boot: %s", why);
	return EFI_ACCESS_DENIED;
}

efi_status svc_file_authentication(struct machine *m, const struct call *c)
{
	return judge(m, call_addr(c, 2), c->arg[3]);
}

/* What it is shown is in firmware volumes, of which there are none. */
efi_status svc_file_authentication_state(struct machine *m, const struct call *c)
{
	(void)m;
	(void)c;
	return EFI_SUCCESS;
}

void image_set_security(struct machine *m, struct gaddr security2, struct gaddr security)
{
	const struct gaddr at[] = { security2, security };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		m->images->security[i].interface = at[i];
		(void)!guest_read_addr(m->ram, at[i], &m->images->security[i].own);
	}
}

/* ---- asking them ---- */

struct trial {
	struct image_source source;
	image_trusted *done;
	void *ctx;
};

/* The function there, when it is another than the firmware's. */
static bool is_replaced(struct machine *m, const struct security *s, struct gaddr *fn)
{
	return s->interface.v && guest_read_addr(m->ram, s->interface, fn) && fn->v &&
	       fn->v != s->own.v;
}

static void end_trial(struct machine *m, struct trial *t, efi_status status)
{
	struct trial job = *t;

	free(t);
	job.done(m, job.ctx, status);
}

static void state_judged(struct machine *m, void *ctx, uint64_t x0)
{
	end_trial(m, ctx, x0);
}

static void file_judged(struct machine *m, void *ctx, uint64_t x0)
{
	struct trial *t = ctx;
	const struct security *s = &m->images->security[1];
	uint64_t args[] = { s->interface.v, 0, t->source.path.v };
	struct gaddr fn;

	if (x0 == EFI_SUCCESS && is_replaced(m, s, &fn))
		call_guest(m, fn, args, ARRAY_SIZE(args), state_judged, t, free);
	else
		end_trial(m, t, x0);
}

void image_judge(
	struct machine *m, const struct image_source *source, image_trusted *done, void *ctx)
{
	struct trial job = { *source, done, ctx }, *t = xmemdup(&job, sizeof(job));
	const struct security *s = &m->images->security[0];
	uint64_t args[] = { s->interface.v, source->path.v, source->bytes.v, source->size,
		source->boot_policy };
	struct gaddr fn;

	if (is_replaced(m, s, &fn))
		call_guest(m, fn, args, ARRAY_SIZE(args), file_judged, t, free);
	else
		file_judged(m, t, judge(m, source->bytes, source->size));
}
