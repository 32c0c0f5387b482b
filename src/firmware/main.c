/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-firmware: the bundled reference firmware emulator. See
 * armvm-firmware(1). Options, and opening what the run will need: once it has
 * begun, nothing can be opened any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/explore/worker.h"
#include "firmware/proto/console.h"
#include "firmware/explore/run.h"

#define STATUS_ERROR 1
#define STATUS_USAGE 2

#define PROGRAM_MAX (256 << 20)
#define ORDER_MAX   (64 << 10)

static const char synopsis[] =
	"usage: armvm-firmware [option]... --disk FILE|FD [--disk FILE|FD]...\n"
	"       armvm-firmware [option]... --run PROGRAM.EFI\n";
static const char help[] =
	"\n"
	"Runs the loader of an AArch64 disk image in an emulated UEFI machine, and tells\n"
	"what happened as JSON lines, the verdict last.\n"
	"\n"
	"  --disk FILE|FD         a disk; its format is told by its content\n"
	"  --removable FILE|FD    a removable disk\n"
	"  --cdrom FILE|FD        an ISO image\n"
	"  --sector-size BYTES    of the disks named after it: 512 or 4096\n"
	"  --run PROGRAM.EFI      start this program instead of looking for a loader\n"
	"  --scenario NAME[,...]  what the machine is like (first-boot); all: each in turn\n"
	"  --set-variable POLICY  what becomes of variables that are written\n"
	"  --jobs N               scenarios that are played at a time (processors)\n"
	"  --verify-reuse         play what would be reused of another boot, and compare\n"
	"  --stats                tell on stderr what playing several took\n"
	"  --quirks NAME          boot as none, edk2, u-boot, rust-hypervisor-firmware does\n"
	"  --bootorder FILE       a boot order from outside: QEMU's fw_cfg file \"bootorder\"\n"
	"  --hw fdt|acpi          how the hardware is described to the guest (fdt)\n"
	"  --ram MIB              memory of the machine (1024)\n"
	"  --gop, --tpm           give it a display, a TPM\n"
	"  --memory-attribute     let it ask for protected memory; nothing is enforced\n"
	"  --keys LIST            keys that are pressed: down,enter,wait:500,text\n"
	"  --console              tell the text that goes to the console as events\n"
	"  --trace[=all|=answers] tell every call of a service (all: the busy ones, too;\n"
	"                         answers: and what they wrote)\n"
	"  --screenshot FILE      save the screen as a PNG at the end\n"
	"  --seed NUMBER          of the random numbers that the guest gets (0)\n"
	"  --max-virtual SECONDS  virtual time that may pass (600)\n"
	"  --max-wall SECONDS     real time that may pass (60)\n"
	"  --max-instructions N   instructions that may be executed (no limit)\n"
	"  --version, --help\n";

enum option_id {
	OPT_DISK = 256,
	OPT_REMOVABLE,
	OPT_CDROM,
	OPT_SECTOR_SIZE,
	OPT_RUN,
	OPT_SCENARIO,
	OPT_SET_VARIABLE,
	OPT_JOBS,
	OPT_VERIFY_REUSE,
	OPT_STATS,
	OPT_QUIRKS,
	OPT_BOOTORDER,
	OPT_HW,
	OPT_RAM,
	OPT_GOP,
	OPT_TPM,
	OPT_MEMORY_ATTRIBUTE,
	OPT_KEYS,
	OPT_CONSOLE,
	OPT_TRACE,
	OPT_SCREENSHOT,
	OPT_SEED,
	OPT_MAX_VIRTUAL,
	OPT_MAX_WALL,
	OPT_MAX_INSTRUCTIONS,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option longs[] = {
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "removable", required_argument, NULL, OPT_REMOVABLE },
	{ "cdrom", required_argument, NULL, OPT_CDROM },
	{ "sector-size", required_argument, NULL, OPT_SECTOR_SIZE },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "scenario", required_argument, NULL, OPT_SCENARIO },
	{ "set-variable", required_argument, NULL, OPT_SET_VARIABLE },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "verify-reuse", no_argument, NULL, OPT_VERIFY_REUSE },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "quirks", required_argument, NULL, OPT_QUIRKS },
	{ "bootorder", required_argument, NULL, OPT_BOOTORDER },
	{ "hw", required_argument, NULL, OPT_HW },
	{ "ram", required_argument, NULL, OPT_RAM },
	{ "gop", no_argument, NULL, OPT_GOP },
	{ "tpm", no_argument, NULL, OPT_TPM },
	{ "memory-attribute", no_argument, NULL, OPT_MEMORY_ATTRIBUTE },
	{ "keys", required_argument, NULL, OPT_KEYS },
	{ "console", no_argument, NULL, OPT_CONSOLE },
	{ "trace", optional_argument, NULL, OPT_TRACE },
	{ "screenshot", required_argument, NULL, OPT_SCREENSHOT },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "max-virtual", required_argument, NULL, OPT_MAX_VIRTUAL },
	{ "max-wall", required_argument, NULL, OPT_MAX_WALL },
	{ "max-instructions", required_argument, NULL, OPT_MAX_INSTRUCTIONS },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* What options ask for, and what is open because of them. */
struct setup {
	struct run_config run;
	struct key_script keys;
	const char *screenshot; /* opened when all options are known to be right: that empties it */
	uint8_t *program;
	char *order;
	unsigned sector_size;
	bool leave; /* --help and --version did all there was to do */
};

static unsigned processors(void)
{
	cpu_set_t set;
	unsigned n = sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;

	return n < TOKENS_MAX ? n : TOKENS_MAX;
}

static int read_number(const char *option, const char *text, uint64_t min, uint64_t max,
	uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || *out < min || *out > max)
		return err_set(err, EINVAL, "--%s %s: not a number from %llu to %llu", option, text,
			(unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int add_disk(struct setup *s, const char *arg, bool removable, bool cdrom, struct err *err)
{
	bool number = *arg && strspn(arg, "0123456789") == strlen(arg);
	CLEANUP(xfree) char *path = number ? xasprintf("/proc/self/fd/%s", arg) : xstrdup(arg);
	struct disk_attachment *d = &s->run.disks[s->run.n_disks];
	struct disk_facts facts = { 0 };
	int r;

	if (s->run.n_disks == RUN_DISKS_MAX)
		return err_set(err, E2BIG, "more than %d disks", RUN_DISKS_MAX);
	r = disk_open(path, &facts, &d->disk, err);
	disk_facts_release(&facts);
	if (r < 0)
		return r;
	s->run.n_disks++;
	if (s->sector_size)
		disk_set_sector_size(d->disk, s->sector_size);
	d->removable = removable;
	d->cdrom = cdrom;
	return 0;
}

/* What must be open before the sandbox; qemu-nbd starts with the first read. */
static int open_rest(struct setup *s, struct err *err)
{
	uint8_t first[512];
	int r = 0;

	if (s->screenshot) {
		s->run.screenshot_fd = open(
			s->screenshot, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (s->run.screenshot_fd < 0)
			return err_sys(err, "%s", s->screenshot);
	}
	if (!s->run.n_played)
		s->run.played[s->run.n_played++] = &scenarios[0];
	if (!s->run.jobs)
		s->run.jobs = processors();
	for (size_t i = 0; r == 0 && i < s->run.n_disks; i++) {
		struct disk *d = s->run.disks[i].disk;

		if (s->run.n_played > 1)
			disk_set_clients(d, s->run.jobs);
		if (disk_size(d) >= sizeof(first))
			r = disk_read(d, 0, first, sizeof(first), err);
	}
	return r;
}

/* The whole of a file of 1 to max bytes, with a NUL behind it. */
static int read_file(const char *path, size_t max, uint8_t **out, size_t *size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;
	size_t done = 0;

	*size = 0;
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (fstat(fd, &st) < 0)
		r = err_sys(err, "%s", path);
	else if (st.st_size <= 0 || (uintmax_t)st.st_size > max)
		r = err_set(err, EFBIG, "%s: it has %lld bytes", path, (long long)st.st_size);
	if (r == 0) {
		*size = (size_t)st.st_size;
		*out = xcalloc(*size + 1, 1);
	}
	while (r == 0 && done < *size) {
		ssize_t n = read(fd, *out + done, *size - done);

		if (n < 0 && errno != EINTR)
			r = err_sys(err, "%s", path);
		else if (n == 0)
			r = err_set(err, EIO, "%s: short read", path);
		else if (n > 0)
			done += (size_t)n;
	}
	close(fd);
	return r;
}

static int read_program(struct setup *s, const char *path, struct err *err)
{
	int r = read_file(path, PROGRAM_MAX, &s->program, &s->run.program_size, err);

	s->run.program = s->program;
	return r;
}

/* QEMU has lines and one NUL at the end; a list with a NUL behind each path is understood, too. */
static int read_order(struct setup *s, const char *path, struct err *err)
{
	uint8_t *bytes = NULL;
	size_t size;
	int r = read_file(path, ORDER_MAX, &bytes, &size, err);

	for (size_t i = 0; r == 0 && i < size; i++)
		if (!bytes[i])
			bytes[i] = '\n';
	s->run.bds.order = s->order = (char *)bytes;
	return r;
}

static int set_number(struct setup *s, int opt, struct err *err)
{
	struct limits *limits = &s->run.machine.limits;
	uint64_t v;
	int r;

	switch (opt) {
	case OPT_SECTOR_SIZE:
		r = read_number("sector-size", optarg, 512, 4096, &v, err);
		if (r == 0 && v != 512 && v != 4096)
			return err_set(err, EINVAL, "--sector-size: 512 or 4096");
		s->sector_size = (unsigned)v;
		return r;
	case OPT_RAM:
		r = read_number("ram", optarg, 64, 65536, &v, err);
		limits->ram = v << 20;
		return r;
	case OPT_JOBS:
		r = read_number("jobs", optarg, 1, 1024, &v, err);
		s->run.jobs = (unsigned)v;
		return r;
	case OPT_SEED:
		return read_number("seed", optarg, 0, UINT64_MAX, &s->run.machine.seed, err);
	case OPT_MAX_VIRTUAL:
		r = read_number("max-virtual", optarg, 1, 1000000000, &v, err);
		limits->virtual_ns = v * 1000000000;
		return r;
	case OPT_MAX_WALL:
		r = read_number("max-wall", optarg, 1, 1000000, &v, err);
		limits->wall_ms = v * 1000;
		return r;
	default:
		return read_number(
			"max-instructions", optarg, 1, UINT64_MAX, &limits->instructions, err);
	}
}

static bool is_played(const struct setup *s, const struct scenario *scenario)
{
	for (size_t i = 0; i < s->run.n_played; i++)
		if (s->run.played[i] == scenario)
			return true;
	return false;
}

/* One that is named twice is played once. */
static int add_scenario(struct setup *s, const char *name, size_t len, struct err *err)
{
	bool all = len == 3 && strncmp(name, "all", len) == 0, found = false;

	for (size_t i = 0; i < n_scenarios; i++) {
		if (all ? scenarios[i].after != NULL
			: strncmp(scenarios[i].name, name, len) != 0 || scenarios[i].name[len])
			continue;
		found = true;
		if (!is_played(s, &scenarios[i]) && s->run.n_played < LANES_MAX)
			s->run.played[s->run.n_played++] = &scenarios[i];
	}
	if (!found)
		return err_set(err, EINVAL, "--scenario %.*s: no such scenario", (int)len, name);
	return 0;
}

static int read_scenarios(struct setup *s, const char *list, struct err *err)
{
	int r = 0;

	for (s->run.n_played = 0; r == 0; list++) {
		size_t len = strcspn(list, ",");

		r = add_scenario(s, list, len, err);
		list += len;
		if (!*list)
			break;
	}
	return r;
}

static int set_trace(struct setup *s, const char *level, struct err *err)
{
	static const char *const names[] = { [TRACE_ALL] = "all", [TRACE_ANSWERS] = "answers" };

	s->run.machine.trace_level = TRACE_CALLS;
	if (!level)
		return 0;
	for (unsigned i = TRACE_ALL; i < ARRAY_SIZE(names); i++)
		if (strcmp(level, names[i]) == 0) {
			s->run.machine.trace_level = i;
			return 0;
		}
	return err_set(err, EINVAL, "--trace=%s: only \"all\" and \"answers\" are known", level);
}

static int set_word(struct setup *s, int opt, struct err *err)
{
	switch (opt) {
	case OPT_SCENARIO:
		return read_scenarios(s, optarg, err);
	case OPT_SET_VARIABLE:
		s->run.policy = var_policy_find(optarg);
		return s->run.policy
			       ? 0
			       : err_set(err, EINVAL, "--set-variable %s: no such policy", optarg);
	case OPT_QUIRKS:
		s->run.bds.quirks = bds_quirks_find(optarg);
		return s->run.bds.quirks
			       ? 0
			       : err_set(err, EINVAL, "--quirks %s: no such firmware", optarg);
	case OPT_BOOTORDER:
		return read_order(s, optarg, err);
	case OPT_HW:
		s->run.acpi = strcmp(optarg, "acpi") == 0;
		return s->run.acpi || strcmp(optarg, "fdt") == 0
			       ? 0
			       : err_set(err, EINVAL, "--hw %s: fdt or acpi", optarg);
	case OPT_KEYS:
		key_script_release(&s->keys);
		s->run.protocols.keys = &s->keys;
		return key_script_parse(optarg, &s->keys, err);
	case OPT_SCREENSHOT:
		s->screenshot = optarg;
		return 0;
	case OPT_RUN:
		return read_program(s, optarg, err);
	default:
		return set_trace(s, optarg, err);
	}
}

static int set_option(struct setup *s, int opt, struct err *err)
{
	switch (opt) {
	case OPT_DISK:
	case OPT_REMOVABLE:
	case OPT_CDROM:
		return add_disk(s, optarg, opt != OPT_DISK, opt == OPT_CDROM, err);
	case OPT_GOP:
		s->run.protocols.gop = true;
		return 0;
	case OPT_VERIFY_REUSE:
		s->run.verify_reuse = true;
		return 0;
	case OPT_STATS:
		s->run.stats = true;
		return 0;
	case OPT_TPM:
		s->run.tpm = true;
		return 0;
	case OPT_MEMORY_ATTRIBUTE:
		s->run.protocols.memory_attribute = true;
		return 0;
	case OPT_CONSOLE:
		s->run.protocols.console = true;
		return 0;
	case OPT_VERSION:
		printf("armvm-firmware %s, stores %s\n", ARMVM_VERSION,
			cpu_is_cured() ? "fast" : "slow");
		s->leave = true;
		return 0;
	case OPT_HELP:
		printf("%s%s", synopsis, help);
		s->leave = true;
		return 0;
	case OPT_SCENARIO:
	case OPT_SET_VARIABLE:
	case OPT_QUIRKS:
	case OPT_BOOTORDER:
	case OPT_HW:
	case OPT_KEYS:
	case OPT_SCREENSHOT:
	case OPT_RUN:
	case OPT_TRACE:
		return set_word(s, opt, err);
	default:
		return set_number(s, opt, err);
	}
}

static int usage(const char *what)
{
	fprintf(stderr, "armvm-firmware: %s\n%s", what, synopsis);
	return STATUS_USAGE;
}

static int read_options(struct setup *s, int argc, char **argv)
{
	struct err err = { 0 };
	int opt;

	while (!s->leave && (opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == '?')
			return usage("an option is unknown, or lacks its value");
		if (set_option(s, opt, &err) < 0) {
			fprintf(stderr, "armvm-firmware: %s\n", err.text);
			if (err.hint[0])
				fprintf(stderr, "  %s\n", err.hint);
			return err.code == EINVAL ? STATUS_USAGE : STATUS_ERROR;
		}
	}
	if (!s->leave && optind < argc)
		return usage("there is an argument that is no option");
	if (!s->leave && s->run.n_played > 1 && (s->run.program || s->screenshot))
		return usage("--run and --screenshot go with a single scenario");
	if (!s->leave && !s->run.n_disks && !s->run.program)
		return usage("there is neither a disk nor a program");
	return 0;
}

static void setup_release(struct setup *s)
{
	for (size_t i = 0; i < s->run.n_disks; i++)
		disk_close(s->run.disks[i].disk);
	key_script_release(&s->keys);
	free(s->program);
	free(s->order);
}

int main(int argc, char **argv)
{
	struct setup s = { .run = { .machine = { .limits = { .ram = UINT64_C(1) << 30,
							 .virtual_ns = UINT64_C(600) * 1000000000,
							 .wall_ms = 60000 },
					    .trace_fd = STDOUT_FILENO },
				   .screenshot_fd = -1 } };
	struct err err = { 0 };
	int status = read_options(&s, argc, argv);

	if (status || s.leave) {
		setup_release(&s);
		return status;
	}
	if (open_rest(&s, &err) < 0 || run(&s.run, &status, &err) < 0) {
		fprintf(stderr, "armvm-firmware: %s\n", err.text);
		return STATUS_ERROR;
	}
	fflush(stdout);
	/* Nothing is taken apart: a qemu-nbd ends with us, and waiting for it is no longer allowed. */
	_exit(status);
}
