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

#include "base/standard.h"
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
/* A disk as an option names it. */
struct named_disk {
	const char *path;     /* or the number of a descriptor */
	unsigned sector_size; /* 0: as it comes */
	bool removable, cdrom;
};

/* What options ask for, and what is open because of them. */
struct setup {
	struct run_config run;
	struct named_disk named[POWER_DISKS_MAX]; /* opened when it is known how many read them */
	size_t n_named;
	struct key_script keys;
	const char *screenshot; /* opened when all options are known to be right: that empties it */
	uint8_t *program;
	char *order;
	unsigned sector_size;
	bool leave; /* --help, --version and --scenario list did all there was to do */
};

static unsigned processors(void)
{
	cpu_set_t set;
	unsigned n = sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;

	return n < TOKENS_MAX ? n : TOKENS_MAX;
}

static int read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || *out < min || *out > max)
		return err_set(err, EINVAL, "%s: not a number from %llu to %llu", text,
			(unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int add_disk(struct setup *s, const char *path, bool removable, bool cdrom, struct err *err)
{
	if (s->n_named == POWER_DISKS_MAX)
		return err_set(err, E2BIG, "more than %d disks", POWER_DISKS_MAX);
	s->named[s->n_named++] = (struct named_disk){ path, s->sector_size, removable, cdrom };
	return 0;
}

/* With a client for each process that may read at a time; these connect with the first read. */
static int open_disk(struct setup *s, const struct named_disk *named, struct err *err)
{
	bool number = *named->path && strspn(named->path, "0123456789") == strlen(named->path);
	CLEANUP(xfree)
	char *path = number ? xasprintf("/proc/self/fd/%s", named->path) : xstrdup(named->path);
	struct disk_attachment *d = &s->run.power.disks[s->run.power.n_disks];
	struct disk_facts facts = { 0 };
	uint8_t first[512];
	int r;

	r = disk_open_shared(path, s->run.n_played > 1 ? s->run.jobs : 1, &facts, &d->disk, err);
	disk_facts_release(&facts);
	if (r < 0)
		return r;
	s->run.power.n_disks++;
	if (named->sector_size)
		disk_set_sector_size(d->disk, named->sector_size);
	d->removable = named->removable;
	d->cdrom = named->cdrom;
	return disk_size(d->disk) < sizeof(first)
		       ? 0
		       : disk_read(d->disk, 0, first, sizeof(first), err);
}

/* What must be open before the sandbox. */
static int open_rest(struct setup *s, struct err *err)
{
	int r = 0;

	if (!s->run.n_played)
		s->run.played[s->run.n_played++] = &scenarios[0];
	if (!s->run.jobs)
		s->run.jobs = processors();
	for (size_t i = 0; r == 0 && i < s->n_named; i++)
		r = open_disk(s, &s->named[i], err);
	if (r == 0 && s->screenshot) {
		s->run.screenshot_fd = open(
			s->screenshot, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (s->run.screenshot_fd < 0)
			return err_sys(err, "%s", s->screenshot);
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

static int set_program(struct setup *s, const char *path, struct err *err)
{
	int r = read_file(path, PROGRAM_MAX, &s->program, &s->run.power.program_size, err);

	s->run.power.program = s->program;
	return r;
}

/* QEMU has lines and one NUL at the end; a list with a NUL behind each path is understood, too. */
static int set_order(struct setup *s, const char *path, struct err *err)
{
	uint8_t *bytes = NULL;
	size_t size;
	int r = read_file(path, ORDER_MAX, &bytes, &size, err);

	for (size_t i = 0; r == 0 && i < size; i++)
		if (!bytes[i])
			bytes[i] = '\n';
	s->run.power.bds.order = s->order = (char *)bytes;
	return r;
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
		if (!is_played(s, &scenarios[i]) && s->run.n_played < VARIANTS_MAX)
			s->run.played[s->run.n_played++] = &scenarios[i];
	}
	if (!found)
		return err_set(err, EINVAL, "%.*s: no such scenario", (int)len, name);
	return 0;
}

static int set_scenarios(struct setup *s, const char *list, struct err *err)
{
	int r = 0;

	if (strcmp(list, "list") == 0) {
		for (size_t i = 0; i < n_scenarios; i++)
			puts(scenarios[i].name);
		s->leave = true;
		return 0;
	}
	for (s->run.n_played = 0; r == 0; list++) {
		size_t len = strcspn(list, ",");

		r = add_scenario(s, list, len, err);
		list += len;
		if (!*list)
			break;
	}
	return r;
}

static int set_disk(struct setup *s, const char *arg, struct err *err)
{
	return add_disk(s, arg, false, false, err);
}

static int set_removable(struct setup *s, const char *arg, struct err *err)
{
	return add_disk(s, arg, true, false, err);
}

static int set_cdrom(struct setup *s, const char *arg, struct err *err)
{
	return add_disk(s, arg, true, true, err);
}

static int set_sector_size(struct setup *s, const char *arg, struct err *err)
{
	if (strcmp(arg, "512") != 0 && strcmp(arg, "4096") != 0)
		return err_set(err, EINVAL, "%s: 512 or 4096", arg);
	s->sector_size = *arg == '5' ? 512 : 4096;
	return 0;
}

static int set_policy(struct setup *s, const char *arg, struct err *err)
{
	s->run.power.policy = var_policy_find(arg);
	return s->run.power.policy ? 0 : err_set(err, EINVAL, "%s: no such policy", arg);
}

static int set_jobs(struct setup *s, const char *arg, struct err *err)
{
	uint64_t jobs;
	int r = read_number(arg, 1, 1024, &jobs, err);

	s->run.jobs = (unsigned)jobs;
	return r;
}

static int set_quirks(struct setup *s, const char *arg, struct err *err)
{
	s->run.power.bds.quirks = bds_quirks_find(arg);
	return s->run.power.bds.quirks ? 0 : err_set(err, EINVAL, "%s: no such firmware", arg);
}

static int set_hw(struct setup *s, const char *arg, struct err *err)
{
	s->run.power.acpi = strcmp(arg, "acpi") == 0;
	return s->run.power.acpi || strcmp(arg, "fdt") == 0
		       ? 0
		       : err_set(err, EINVAL, "%s: fdt or acpi", arg);
}

static int set_ram(struct setup *s, const char *arg, struct err *err)
{
	uint64_t mib;
	int r = read_number(arg, 64, 65536, &mib, err);

	s->run.power.machine.limits.ram = mib << 20;
	return r;
}

static int set_keys(struct setup *s, const char *arg, struct err *err)
{
	key_script_release(&s->keys);
	s->run.power.protocols.keys = &s->keys;
	return key_script_parse(arg, &s->keys, err);
}

static int set_trace(struct setup *s, const char *level, struct err *err)
{
	static const char *const names[] = { [TRACE_ALL] = "all", [TRACE_ANSWERS] = "answers" };

	s->run.power.machine.trace_level = TRACE_CALLS;
	if (!level)
		return 0;
	for (unsigned i = TRACE_ALL; i < ARRAY_SIZE(names); i++)
		if (strcmp(level, names[i]) == 0) {
			s->run.power.machine.trace_level = i;
			return 0;
		}
	return err_set(err, EINVAL, "%s: only \"all\" and \"answers\" are known", level);
}

static int set_screenshot(struct setup *s, const char *arg, struct err *err)
{
	(void)err;
	s->screenshot = arg;
	return 0;
}

static int set_seed(struct setup *s, const char *arg, struct err *err)
{
	return read_number(arg, 0, UINT64_MAX, &s->run.power.machine.seed, err);
}

static int set_virtual(struct setup *s, const char *arg, struct err *err)
{
	uint64_t seconds;
	int r = read_number(arg, 1, 1000000000, &seconds, err);

	s->run.power.machine.limits.virtual_ns = seconds * 1000000000;
	return r;
}

static int set_wall(struct setup *s, const char *arg, struct err *err)
{
	uint64_t seconds;
	int r = read_number(arg, 1, 1000000, &seconds, err);

	s->run.power.machine.limits.wall_ms = seconds * 1000;
	return r;
}

static int set_cpu(struct setup *s, const char *arg, struct err *err)
{
	uint64_t seconds;
	int r = read_number(arg, 1, 1000000, &seconds, err);

	s->run.power.machine.limits.cpu_ms = seconds * 1000;
	return r;
}

static int set_memory(struct setup *s, const char *arg, struct err *err)
{
	uint64_t mib;
	int r = read_number(arg, 32, 65536, &mib, err);

	s->run.power.machine.limits.memory = mib << 20;
	return r;
}

static int set_instructions(struct setup *s, const char *arg, struct err *err)
{
	return read_number(arg, 1, UINT64_MAX, &s->run.power.machine.limits.instructions, err);
}

static int set_version(struct setup *s, const char *value, struct err *err)
{
	CLEANUP(xfree) char *library = cpu_library_version();

	(void)value;
	(void)err;
	printf("armvm-firmware %s, libunicorn %s%s\n", ARMVM_VERSION, library,
		cpu_has_workarounds() ? "" : " without workarounds: guests are slow");
	s->leave = true;
	return 0;
}

static int set_help(struct setup *s, const char *value, struct err *err);

/* Either set() reads the value, or the flag at this offset of the setup becomes true. */
struct option_row {
	const char *name;
	const char *value; /* as the help has it; "[=...]": it may be left out; NULL: it has none */
	const char *help;  /* each line of it */
	int (*set)(struct setup *, const char *value, struct err *);
	size_t flag;
};

#define FLAG(member) .flag = offsetof(struct setup, member)

static const struct option_row rows[] = {
	{ "disk", "FILE|FD", "a disk; its format is seen by its content", set_disk },
	{ "removable", "FILE|FD", "a removable disk", set_removable },
	{ "cdrom", "FILE|FD", "an ISO image", set_cdrom },
	{ "sector-size", "BYTES", "of the disks named after it: 512 or 4096", set_sector_size },
	{ "run", "PROGRAM.EFI", "start this program instead of looking for a loader", set_program },
	{ "scenario", "NAME[,...]",
		"what the machine is like (first-boot); all: each in turn;\n"
		"list: only print their names",
		set_scenarios },
	{ "set-variable", "POLICY", "what becomes of variables that are written", set_policy },
	{ "jobs", "N", "scenarios that are played at a time (processors)", set_jobs },
	{ "verify-reuse", NULL, "play what would be reused of another boot, and compare",
		FLAG(run.verify_reuse) },
	{ "stats", NULL, "write to stderr what playing several took", FLAG(run.stats) },
	{ "quirks", "NAME", "boot as none, edk2, u-boot, rust-hypervisor-firmware does",
		set_quirks },
	{ "bootorder", "FILE", "a boot order from outside: QEMU's fw_cfg file \"bootorder\"",
		set_order },
	{ "hw", "fdt|acpi", "how the hardware is described to the guest (fdt)", set_hw },
	{ "ram", "MIB", "memory of the machine (1024)", set_ram },
	{ "gop", NULL, "give it a display", FLAG(run.power.protocols.gop) },
	{ "tpm", NULL, "give it a TPM", FLAG(run.power.tpm) },
	{ "memory-attribute", NULL, "let it ask for protected memory; nothing is enforced",
		FLAG(run.power.protocols.memory_attribute) },
	{ "keys", "LIST", "keys that are pressed: down,enter,wait:500,text", set_keys },
	{ "console", NULL, "emit the text that goes to the console as events",
		FLAG(run.power.protocols.console) },
	{ "trace", "[=all|=answers]",
		"emit every call of a service (all: the busy ones, too;\n"
		"answers: and what they wrote)",
		set_trace },
	{ "screenshot", "FILE", "save the screen as a PNG at the end", set_screenshot },
	{ "seed", "NUMBER", "of the random numbers that the guest gets (0)", set_seed },
	{ "max-virtual", "SECONDS", "virtual time that may pass (600)", set_virtual },
	{ "max-wall", "SECONDS", "real time that may pass (600, and 60 of CPU time)", set_wall },
	{ "max-cpu", "SECONDS",
		"CPU time of all scenarios together (240, or four times\n"
		"--max-wall)",
		set_cpu },
	{ "max-memory", "MIB",
		"memory that a boot may keep in use (three quarters of\n"
		"--ram); all together twice that",
		set_memory },
	{ "max-instructions", "N", "instructions that may be executed (no limit)",
		set_instructions },
	{ "version", NULL, "print the version", set_version },
	{ "help", NULL, "print this", set_help },
};

static int set_help(struct setup *s, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	printf("%s\nRuns the loader of an AArch64 disk image in an emulated UEFI machine, and emits\n"
	       "what happened as JSON lines, the verdict last.\n\n",
		synopsis);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row *o = &rows[i];
		const char *line = o->help, *value_of = o->value ? o->value : "";
		CLEANUP(xfree)
		char *left = xasprintf(
			"--%s%s%s", o->name, o->value && *o->value != '[' ? " " : "", value_of);

		for (; line; left[0] = '\0') {
			printf("  %-22s %.*s\n", left, (int)strcspn(line, "\n"), line);
			line = strchr(line, '\n');
			line = line ? line + 1 : NULL;
		}
	}
	s->leave = true;
	return 0;
}

static int set_option(
	struct setup *s, const struct option_row *o, const char *value, struct err *err)
{
	char text[ERR_TEXT_MAX], hint[ERR_HINT_MAX];
	int r = 0;

	if (o->set)
		r = o->set(s, value, err);
	else
		*(bool *)((char *)s + o->flag) = true;
	if (r != -EINVAL)
		return r;
	/* Wrong usage names the option. */
	memcpy(text, err->text, sizeof(text));
	memcpy(hint, err->hint, sizeof(hint));
	err_set(err, EINVAL, "--%s %s", o->name, text);
	return err_hint(err, "%s", hint);
}

static int failed(const struct err *err)
{
	fprintf(stderr, "armvm-firmware: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return STATUS_ERROR;
}

/* What was asked for was printed, and is there. */
static int flushed(void)
{
	struct err err = { 0 };

	if (standard_flush())
		return 0;
	err_sys(&err, "standard output");
	return failed(&err);
}

static int usage(const char *what)
{
	fprintf(stderr, "armvm-firmware: %s\n%s", what, synopsis);
	return STATUS_USAGE;
}

static int read_options(struct setup *s, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(rows) + 1] = { 0 };
	struct err err = { 0 };
	int opt, row;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = rows[i].value;

		longs[i].name = rows[i].name;
		longs[i].has_arg = !value          ? no_argument
				   : *value == '[' ? optional_argument
						   : required_argument;
	}
	while (!s->leave && (opt = getopt_long(argc, argv, "", longs, &row)) != -1) {
		if (opt == '?')
			return usage("an option is unknown, or lacks its value");
		if (set_option(s, &rows[row], optarg, &err) < 0) {
			failed(&err);
			return err.code == EINVAL ? STATUS_USAGE : STATUS_ERROR;
		}
	}
	if (!s->leave && optind < argc)
		return usage("there is an argument that is no option");
	if (!s->leave && s->run.n_played > 1 && (s->run.power.program || s->screenshot))
		return usage("--run and --screenshot go with a single scenario");
	if (!s->leave && !s->n_named && !s->run.power.program)
		return usage("there is neither a disk nor a program");
	return 0;
}

static void setup_release(struct setup *s)
{
	for (size_t i = 0; i < s->run.power.n_disks; i++)
		disk_close(s->run.power.disks[i].disk);
	key_script_release(&s->keys);
	free(s->program);
	free(s->order);
}

/* What the caller had open is for no guest: a disk by its number is opened anew. */
#define INHERITED_MAX 1024

static void note_inherited(bool inherited[INHERITED_MAX])
{
	for (int fd = 3; fd < INHERITED_MAX; fd++)
		inherited[fd] = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static void close_inherited(const bool inherited[INHERITED_MAX])
{
	for (int fd = 3; fd < INHERITED_MAX; fd++)
		if (inherited[fd])
			close(fd);
}

int main(int argc, char **argv)
{
	struct setup s = {
		.run = { .power.machine = { .limits = { .ram = UINT64_C(1) << 30,
						    .virtual_ns = UINT64_C(600) * 1000000000 },
				 .trace_fd = STDOUT_FILENO },
			.screenshot_fd = -1 }
	};
	struct err err = { 0 };
	bool inherited[INHERITED_MAX];
	int r, status;

	if (!standard_hold())
		return STATUS_ERROR;
	note_inherited(inherited);
	status = read_options(&s, argc, argv);
	if (status || s.leave) {
		setup_release(&s);
		return status ? status : flushed();
	}
	limits_complete(&s.run.power.machine.limits);
	r = open_rest(&s, &err);
	close_inherited(inherited);
	if (r < 0 || run(&s.run, &status, &err) < 0)
		return failed(&err);
	fflush(stdout);
	/* Nothing is taken apart: a qemu-nbd ends with us, and waiting for it is no longer allowed. */
	_exit(status);
}
