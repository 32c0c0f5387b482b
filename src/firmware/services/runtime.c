/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time, resets, counters, the watchdog and capsules (UEFI 2.10 8.3 to 8.5,
 * 7.5.1, 7.5.5). Until it is set the clock begins at the same moment in every
 * boot, so that boots are alike. There are no capsules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/call.h"
#include "firmware/machine/machine.h"
#include "firmware/services/tables.h"

#define TIME_SIZE       16
#define TIME_NANOSECOND 8
#define TIME_ZONE       12
#define TIME_DAYLIGHT   14

efi_status svc_get_time(struct machine *m, const struct call *c)
{
	uint8_t t[TIME_SIZE] = { 0 }, capabilities[12] = { 0 };
	time_t s = (time_t)machine_time(m);
	struct tm tm;

	if (!c->arg[0] || !gmtime_r(&s, &tm))
		return EFI_INVALID_PARAMETER;
	put_le16(t, (uint16_t)(tm.tm_year + 1900));
	t[2] = (uint8_t)(tm.tm_mon + 1);
	t[3] = (uint8_t)tm.tm_mday;
	t[4] = (uint8_t)tm.tm_hour;
	t[5] = (uint8_t)tm.tm_min;
	t[6] = (uint8_t)tm.tm_sec;
	put_le16(t + TIME_ZONE, m->kept.zone);
	t[TIME_DAYLIGHT] = m->kept.daylight;
	put_le32(capabilities, 1);            /* resolution: 1 Hz */
	put_le32(capabilities + 4, 50000000); /* accuracy: 50 ppm */
	if (!guest_write(m->ram, call_addr(c, 0), t, sizeof(t)) ||
		(c->arg[1] &&
			!guest_write(m->ram, call_addr(c, 1), capabilities, sizeof(capabilities))))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static int days_of(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* 8.3.1's ranges. */
static bool time_makes_sense(const uint8_t *t)
{
	unsigned year = le16(t), month = t[2];
	int16_t zone = (int16_t)le16(t + TIME_ZONE);

	return year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && t[3] >= 1 &&
	       t[3] <= days_of(year, month) && t[4] < 24 && t[5] < 60 && t[6] < 60 &&
	       le32(t + TIME_NANOSECOND) < 1000000000 &&
	       (zone == TIME_ZONE_NONE || (zone >= -1440 && zone <= 1440)) &&
	       (t[TIME_DAYLIGHT] & ~3) == 0;
}

efi_status svc_set_time(struct machine *m, const struct call *c)
{
	uint8_t t[TIME_SIZE];
	struct tm tm = { 0 };

	if (!c->arg[0] || !guest_read(m->ram, call_addr(c, 0), t, sizeof(t)) ||
		!time_makes_sense(t))
		return EFI_INVALID_PARAMETER;
	tm.tm_year = le16(t) - 1900;
	tm.tm_mon = t[2] - 1;
	tm.tm_mday = t[3];
	tm.tm_hour = t[4];
	tm.tm_min = t[5];
	tm.tm_sec = t[6];
	m->kept.offset = 0;
	m->kept.offset = (int64_t)timegm(&tm) - machine_time(m);
	m->kept.zone = le16(t + TIME_ZONE);
	m->kept.daylight = t[TIME_DAYLIGHT];
	m->kept.set = true;
	return EFI_SUCCESS;
}

/* Enabled, Pending, Time: the clock, a PL031, is not one that wakes a machine. */
efi_status svc_get_wakeup_time(struct machine *m, const struct call *c)
{
	(void)m;
	return c->arg[0] && c->arg[1] && c->arg[2] ? EFI_UNSUPPORTED : EFI_INVALID_PARAMETER;
}

efi_status svc_set_wakeup_time(struct machine *m, const struct call *c)
{
	(void)m;
	(void)c;
	return EFI_UNSUPPORTED;
}

/* ResetType, ResetStatus, DataSize, ResetData */
static efi_status reset(struct machine *m, const struct call *c)
{
	static const char *const kinds[] = { "cold", "warm", "shutdown", "platform specific" };
	uint32_t kind = call_u32(c, 0);
	const char *name = kind < ARRAY_SIZE(kinds) ? kinds[kind] : "unknown";
	CLEANUP(xfree) char *text = NULL;

	if (c->arg[2] >= 4 && c->arg[3] && kind != 3)
		text = guest_string16(m->ram, call_addr(c, 3), 200);
	trace_begin(&m->trace, "reset");
	trace_text(&m->trace, "kind", name);
	trace_text(&m->trace, "status", efi_status_name(c->arg[1]));
	if (text && *text)
		trace_text(&m->trace, "data", text);
	trace_end(&m->trace);
	if (kind == 2)
		run_end_status(&m->run, VERDICT_SHUTDOWN, c->arg[1], "it shut the machine down: %s",
			efi_status_name(c->arg[1]));
	else
		run_end_status(&m->run, VERDICT_RESET, c->arg[1], "it reset the machine (%s): %s",
			name, efi_status_name(c->arg[1]));
	return EFI_SUCCESS;
}

/* A reset that is announced: the call, and who is next. */
struct reset_job {
	struct call call;
	unsigned next;
};

static void notify_next(struct machine *m, void *ctx, uint64_t x0)
{
	struct reset_job *job = ctx;
	struct gaddr fn;

	(void)x0;
	if (job->next >= m->n_reset_notified) {
		reset(m, &job->call);
		free(job);
		return;
	}
	fn = m->reset_notified[job->next++];
	call_guest(m, fn, job->call.arg, 4, notify_next, job, free);
}

/* Whoever asked for it is notified before (8.5.1.2), while there are boot services; a reset from there is one at once. */
efi_status svc_reset_system(struct machine *m, const struct call *c)
{
	struct reset_job *job;

	if (!m->n_reset_notified || m->boot_services_gone || m->reset_announced)
		return reset(m, c);
	m->reset_announced = true;
	job = xcalloc(1, sizeof(*job));
	job->call = *c;
	notify_next(m, job, 0);
	return CALL_DEFERRED;
}

efi_status svc_monotonic_count(struct machine *m, const struct call *c)
{
	if (!c->arg[0])
		return EFI_INVALID_PARAMETER;
	m->kept.counted = true;
	m->kept.count++;
	return guest_write64(m->ram, call_addr(c, 0), m->kept.count) ? EFI_SUCCESS
								     : EFI_INVALID_PARAMETER;
}

efi_status svc_high_monotonic_count(struct machine *m, const struct call *c)
{
	if (!c->arg[0])
		return EFI_INVALID_PARAMETER;
	m->kept.counted = true;
	m->kept.count = ((m->kept.count >> 32) + 1) << 32;
	return guest_write32(m->ram, call_addr(c, 0), (uint32_t)(m->kept.count >> 32))
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

efi_status svc_set_watchdog(struct machine *m, const struct call *c)
{
	/* 7.5.1: codes up to 0xffff are the firmware's own. */
	if (c->arg[0] && c->arg[1] && c->arg[1] <= 0xffff)
		return EFI_INVALID_PARAMETER;
	watchdog_set(m, c->arg[0]);
	return EFI_SUCCESS;
}

/* EFI_CAPSULE_HEADER (8.5.3) */
#define CAPSULE_FLAGS    20
#define CAPSULE_PERSIST  0x10000u
#define CAPSULE_POPULATE 0x20000u
#define CAPSULE_RESET    0x40000u

/* Whether its flags go together, and with a scatter and gather list or none. */
static bool capsule_makes_sense(struct machine *m, struct gaddr capsule, bool list)
{
	uint32_t flags;

	if (!capsule.v || !guest_read32(m->ram, gaddr_add(capsule, CAPSULE_FLAGS), &flags))
		return false;
	if (!(flags & CAPSULE_PERSIST))
		return !(flags & (CAPSULE_POPULATE | CAPSULE_RESET));
	return list;
}

/* No capsule is ever taken, but what makes no sense has a status of its own. */
efi_status svc_update_capsule(struct machine *m, const struct call *c)
{
	struct gaddr capsule;

	if (!c->arg[0] || !c->arg[1])
		return EFI_INVALID_PARAMETER;
	for (uint64_t i = 0; i < c->arg[1]; i++)
		if (!guest_read_addr(m->ram, gaddr_add(call_addr(c, 0), i * 8), &capsule) ||
			!capsule_makes_sense(m, capsule, c->arg[2]))
			return EFI_INVALID_PARAMETER;
	return EFI_UNSUPPORTED;
}

efi_status svc_query_capsule(struct machine *m, const struct call *c)
{
	(void)m;
	return c->arg[1] && c->arg[0] && c->arg[2] && c->arg[3] ? EFI_UNSUPPORTED
								: EFI_INVALID_PARAMETER;
}
