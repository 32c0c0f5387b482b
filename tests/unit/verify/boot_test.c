/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boots of disks that cannot boot, in real QEMU: each firmware gives up and
 * the verdict comes long before patience ends; the image is not written; and
 * QEMU dies with a parent that is killed. Boots that succeed are seen by
 * `make check-distro`.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tap.h"
#include "verify/firmware.h"
#include "verify/verify.h"

static char dir[] = "/tmp/armvm-boot-test.XXXXXX";

static char *empty_disk(const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, 1 << 20) < 0)
		exit(1);
	close(fd);
	return path;
}

static bool installed(void)
{
	struct err err;

	return access("/usr/bin/qemu-system-aarch64", X_OK) == 0 &&
	       firmware_path(firmware_get(BOOT_EDK2), &err) &&
	       firmware_path(firmware_get(BOOT_UBOOT), &err);
}

static void gives_up(enum boot_firmware firmware)
{
	char *path CLEANUP(xfree) = empty_disk("a,b.raw");
	struct boot_request r = { .path = path,
		.format = "raw",
		.firmware = firmware,
		.until = BOOT_KERNEL,
		.seconds = 90 };
	struct boot_verdict v CLEANUP(boot_verdict_release) = { 0 };
	struct stat before, after;
	struct err err = { 0 };

	stat(path, &before);
	is_int(boot_run(&r, &v, &err), 0, "a boot took place");
	stat(path, &after);
	is_int(v.outcome, BOOT_NOT_REACHED, "an empty disk does not boot");
	is_int(v.stage, BOOT_FIRMWARE, "the firmware ran");
	ok(v.seconds < 60, "the end was recognised (%.1f s)", v.seconds);
	ok(strstr(text_str(&v.reason), "nothing that boots"), "the reason: %s",
		text_str(&v.reason));
	ok(v.screen.len > 0 && !strchr(text_str(&v.screen), '\033'), "the screen is plain text");
	ok(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_blocks == after.st_blocks,
		"the image was not written");
}

static void refuses(void)
{
	char *path CLEANUP(xfree) = empty_disk("not.qcow2");
	struct boot_request r = { .path = path, .format = "qcow2", .until = BOOT_KERNEL };
	struct boot_verdict v CLEANUP(boot_verdict_release) = { 0 };
	struct boot_verdict w CLEANUP(boot_verdict_release) = { 0 };
	struct err err = { 0 };

	ok(boot_run(&r, &v, &err) < 0 && strstr(err.text, "qcow2"), "QEMU's words: %s", err.text);
	r.path = "/nonexistent/disk";
	ok(boot_run(&r, &w, &err) < 0 && strstr(err.text, "/nonexistent/disk"), "no file: %s",
		err.text);
}

static void patience(void)
{
	char *path CLEANUP(xfree) = empty_disk("slow.raw");
	struct boot_request r = {
		.path = path, .format = "raw", .until = BOOT_LOGIN, .seconds = 1
	};
	struct boot_verdict v CLEANUP(boot_verdict_release) = { 0 };
	struct err err = { 0 };

	is_int(boot_run(&r, &v, &err), 0, "with one second of patience");
	ok(v.outcome != BOOT_REACHED && v.seconds < 30, "it ends (%.1f s)", v.seconds);
}

/* The pid of the QEMU that was started by parent, or 0. */
static pid_t qemu_of(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	while (proc && !found && (e = readdir(proc))) {
		char path[300], comm[32];
		int ppid;
		FILE *f;

		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%*d (%31[^)]) %*c %d", comm, &ppid) == 2 && ppid == parent &&
			strncmp(comm, "qemu", 4) == 0)
			found = atoi(e->d_name);
		fclose(f);
	}
	if (proc)
		closedir(proc);
	return found;
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void dies_with_us(void)
{
	char *path CLEANUP(xfree) = empty_disk("killed.raw");
	struct boot_request r = {
		.path = path, .format = "raw", .until = BOOT_LOGIN, .seconds = 60
	};
	pid_t child = fork(), qemu = 0;
	bool gone = false;

	if (child == 0) {
		struct boot_verdict v = { 0 };

		boot_run(&r, &v, NULL);
		_exit(0);
	}
	for (int i = 0; i < 200 && !qemu; i++) {
		sleep_ms(5);
		qemu = qemu_of(child);
	}
	ok(qemu > 0, "QEMU is there");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int i = 0; i < 500 && !gone; i++) {
		sleep_ms(10);
		gone = qemu > 0 && kill(qemu, 0) < 0;
	}
	ok(gone, "and is gone after its parent was killed");
}

int main(void)
{
	if (!installed())
		skip_all("QEMU or a firmware is missing (make deps FOR=boot)");
	if (!mkdtemp(dir))
		return 1;
	gives_up(BOOT_EDK2);
	gives_up(BOOT_UBOOT);
	refuses();
	patience();
	dies_with_us();
	for (const char *const *name = (const char *const[]){ "a,b.raw", "not.qcow2", "slow.raw",
		     "killed.raw", NULL };
		*name; name++) {
		char *path CLEANUP(xfree) = xasprintf("%s/%s", dir, *name);

		unlink(path);
	}
	rmdir(dir);
	return tap_done();
}
