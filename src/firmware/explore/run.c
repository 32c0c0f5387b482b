/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run of one scenario, or of several. See run.h.
 */
#include <errno.h>
#include <unistd.h>

#include "disk/disk.h"
#include "firmware/explore/coordinator.h"
#include "firmware/explore/run.h"
#include "firmware/proto/console.h"
#include "firmware/host/sandbox.h"
#include "firmware/host/wall.h"
#include "firmware/lifecycle/cycles.h"
#include "firmware/lifecycle/verdict.h"

/* Of address space, beside what two machines take: those may exist for a moment. */
#define ADDRESS_SPACE_BASE (UINT64_C(1) << 30)

uint64_t run_address_space(const struct run_config *config)
{
	return ADDRESS_SPACE_BASE + 2 * (config->power.machine.limits.ram + cpu_code_max());
}

struct usage_limits run_usage_limits(const struct run_config *config)
{
	const struct limits *l = &config->power.machine.limits;

	return (struct usage_limits){ l->boot_cpu_ms, l->cpu_ms, l->memory, 2 * l->memory };
}

static int save_screenshot(struct machine *m, int fd, struct err *err)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT;
	size_t done = 0;
	int r = console_screenshot(m, &png, err);

	while (r == 0 && done < png.len) {
		ssize_t n = write(fd, buf_bytes(&png) + done, png.len - done);

		if (n < 0 && errno != EINTR)
			r = err_sys(err, "writing the screenshot");
		else if (n > 0)
			done += (size_t)n;
	}
	return r;
}

int run(const struct run_config *config, int *status, struct err *err)
{
	CLEANUP(cycles_release) struct cycles c = { .power = { .m = NULL } };
	const struct usage_limits limits = run_usage_limits(config);
	int r;

	if (config->n_played > 1)
		return report_run(config, status, err);
	r = sandbox_enter(run_address_space(config), err);
	if (r < 0)
		return r;
	usage_begin(NULL, 0, &limits);
	wall_reader(config->power.machine.trace_fd);
	wall_start(config->power.machine.limits.wall_ms, NULL);
	r = cycles_play(&c, &config->power, config->played[0], err);
	if (r < 0)
		return r;
	*status = verdict_exit_status(c.power.m->run.end.kind);
	return config->screenshot_fd >= 0 ? save_screenshot(c.power.m, config->screenshot_fd, err)
					  : 0;
}
