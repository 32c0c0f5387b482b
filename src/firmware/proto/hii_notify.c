/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who watches the database of package lists (UEFI 2.10 34.8.8 to 34.8.10), and
 * changes of which watchers are notified. A job is a queue: notices, and among them
 * the change itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/proto/hii.h"
#include "uefi/protocols.h"

struct notice {
	enum hii_change change;
	struct buf package;
};

struct hii_job {
	struct machine *m;
	struct hii *hii;
	uint64_t handle;
	struct notice *notices;
	size_t n, at;
	bool changes; /* and before which notice */
	size_t change_at;
	struct hii_list list;
	uint64_t notified;   /* the watcher that had the current notice last */
	struct gaddr memory; /* where the guest has its package */
	efi_status status;
};

struct hii_job *hii_job_new(struct machine *m, struct hii *hii, uint64_t handle)
{
	struct hii_job *job = xcalloc(1, sizeof(*job));

	job->m = m;
	job->hii = hii;
	job->handle = handle;
	return job;
}

static void job_free(void *ctx)
{
	struct hii_job *job = ctx;

	for (size_t i = 0; i < job->n; i++)
		buf_release(&job->notices[i].package);
	free(job->notices);
	hii_list_release(&job->list);
	if (job->memory.v)
		pool_free(job->m->pool, job->memory);
	free(job);
}

/* The next one after *serial who wants to know of it; NULL: none. */
static const struct hii_watcher *next_watcher(
	const struct hii *hii, enum hii_change change, const struct buf *package, uint64_t serial)
{
	const struct hii_watcher *next = NULL;

	for (size_t i = 0; i < HII_WATCHERS_MAX; i++) {
		const struct hii_watcher *w = &hii->watchers[i];

		if (w->serial <= serial || w->change != change || w->type != hii_type(package) ||
			(next && next->serial < w->serial))
			continue;
		if (w->type != HII_PACKAGE_GUID || guid_eq(w->guid, hii_guid(package)))
			next = w;
	}
	return next;
}

void hii_job_notify(struct hii_job *job, enum hii_change change, const struct buf *package)
{
	struct notice *notice;

	if (!next_watcher(job->hii, change, package, 0))
		return;
	job->notices = xreallocarray(job->notices, job->n + 1, sizeof(*job->notices));
	notice = &job->notices[job->n++];
	*notice = (struct notice){ .change = change };
	buf_add(&notice->package, buf_bytes(package), package->len);
}

void hii_job_change(struct hii_job *job, struct hii_list *take_list)
{
	job->changes = true;
	job->change_at = job->n;
	job->list = *take_list;
	*take_list = (struct hii_list){ 0 };
}

static void change(struct hii_job *job)
{
	struct hii *hii = job->hii;
	struct hii_list *list = hii_list_of(hii, job->handle);

	job->changes = false;
	if (!list)
		return;
	hii_list_release(list);
	if (job->list.handle) {
		*list = job->list;
	} else {
		size_t at = (size_t)(list - hii->lists);

		memmove(list, list + 1, (--hii->n - at) * sizeof(*list));
	}
	job->list = (struct hii_list){ 0 };
}

/* The guest's copy of the notice's package. */
static bool place(struct hii_job *job, const struct notice *notice)
{
	if (job->memory.v)
		return true;
	job->status = pool_allocate(job->m->pool, MEM_BOOT_DATA, notice->package.len, &job->memory);
	return job->status == EFI_SUCCESS &&
	       guest_write(
		       job->m->ram, job->memory, buf_bytes(&notice->package), notice->package.len);
}

static void job_notified(struct machine *m, void *ctx, uint64_t x0);

/* False: it is over. */
static bool job_step(struct hii_job *job)
{
	while (job->at < job->n || job->changes) {
		const struct notice *notice;
		const struct hii_watcher *w;
		uint64_t args[5];

		if (job->changes && job->at == job->change_at)
			change(job);
		if (job->at == job->n)
			break;
		notice = &job->notices[job->at];
		w = next_watcher(job->hii, notice->change, &notice->package, job->notified);
		if (w && place(job, notice)) {
			job->notified = w->serial;
			args[0] = w->type;
			args[1] = w->type == HII_PACKAGE_GUID
					  ? gaddr_add(job->memory, HII_PACKAGE_HEADER).v
					  : 0;
			args[2] = job->memory.v;
			args[3] = job->handle;
			args[4] = notice->change;
			call_guest(
				job->m, w->fn, args, ARRAY_SIZE(args), job_notified, job, job_free);
			return true;
		}
		if (job->memory.v)
			pool_free(job->m->pool, job->memory);
		job->memory = GADDR_NULL;
		job->notified = 0;
		job->at++;
	}
	return false;
}

static void job_notified(struct machine *m, void *ctx, uint64_t x0)
{
	struct hii_job *job = ctx;
	efi_status status;

	(void)x0;
	if (job_step(job))
		return;
	status = job->status;
	job_free(job);
	call_return(m, status);
}

efi_status hii_job_run(struct hii_job *take_job)
{
	efi_status status = EFI_OUT_OF_RESOURCES;

	if (!take_job->n || call_room(take_job->m)) {
		if (job_step(take_job))
			return CALL_DEFERRED;
		status = take_job->status;
	}
	job_free(take_job);
	return status;
}

/* --- registering */

/* This, PackageType, PackageGuid, PackageNotifyFn, NotifyType, NotifyHandle */
efi_status hii_watch(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	struct hii_watcher w = { .fn = call_addr(c, 3), .change = c->arg[4] };
	struct hii_watcher *free_one = NULL;
	struct handle *h;

	w.type = (uint8_t)c->arg[1];
	if (!hii || !c->arg[5] || !guest_ok(m->ram, w.fn, 4) ||
		(w.type == HII_PACKAGE_GUID) != (c->arg[2] != 0))
		return EFI_INVALID_PARAMETER;
	if (c->arg[2] && !guest_read_guid(m->ram, call_addr(c, 2), &w.guid))
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < HII_WATCHERS_MAX && !free_one; i++)
		if (!hii->watchers[i].serial)
			free_one = &hii->watchers[i];
	h = free_one ? handle_create(m) : NULL;
	if (!h || handle_install(m, h, &uefi_hii_watcher, GADDR_NULL, NULL) != EFI_SUCCESS)
		return EFI_OUT_OF_RESOURCES;
	w.handle = h->address;
	if (!guest_write64(m->ram, call_addr(c, 5), w.handle.v))
		return EFI_INVALID_PARAMETER;
	w.serial = ++hii->watchers_serial;
	*free_one = w;
	return EFI_SUCCESS;
}

/* This, NotificationHandle */
efi_status hii_unwatch(struct machine *m, const struct call *c)
{
	struct hii *hii = hii_of(m, c);
	struct handle *h = handle_of(m, call_addr(c, 1));

	if (!hii)
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < HII_WATCHERS_MAX; i++) {
		struct hii_watcher *w = &hii->watchers[i];

		if (!w->serial || w->handle.v != c->arg[1])
			continue;
		w->serial = 0;
		if (h)
			handle_uninstall(m, h, &uefi_hii_watcher, GADDR_NULL);
		return EFI_SUCCESS;
	}
	return EFI_NOT_FOUND;
}
