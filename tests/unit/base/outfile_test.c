/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/outfile: a file is there whole or not at all, and nothing else stays behind. */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tap.h"

static char dir[] = "/tmp/armvm-outfile-test.XXXXXX";

static bool holds(const char *path, const char *want)
{
	char text[100] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	return n >= 0 && strcmp(text, want) == 0;
}

/* How many files there are whose names begin with a dot, as temporary ones do. */
static int leftovers(void)
{
	CLEANUP(xfree) char *command = xasprintf("exit $(ls -A %s | grep -c '^[.]')", dir);
	int r = system(command);

	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

static int begin(struct outfile *out, const char *path, bool force, const char *text)
{
	struct err err = { 0 };
	int r = outfile_open(out, path, force, &err);

	if (r == 0 && write(out->fd, text, strlen(text)) < 0)
		return -errno;
	return r;
}

static void committed(const char *path)
{
	struct outfile out = { 0 };
	struct err err = { 0 };
	struct stat st;

	umask(027);
	is_int(begin(&out, path, false, "first"), 0, "a file is begun");
	ok(access(path, F_OK) != 0, "which is not there yet");
	is_int(leftovers(), 1, "but under another name");
	is_int(outfile_commit(&out, &err), 0, "it is put in place");
	outfile_release(&out);
	ok(holds(path, "first"), "whole");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640, "as umask says");
	is_int(leftovers(), 0, "and nothing else is there");
}

static void refused(const char *path)
{
	struct outfile out = { 0 };
	struct err err = { 0 };

	is_int(outfile_open(&out, path, false, &err), -EEXIST, "what is there is not replaced");
	ok(*err.hint, "and it is said how it would be: %s", err.hint);
	outfile_release(&out);
	is_int(begin(&out, path, true, "second"), 0, "unless that is asked for");
	ok(holds(path, "first"), "until it is put in place it is the old one");
	outfile_release(&out);
	ok(holds(path, "first"), "and stays so when that never comes");
	is_int(leftovers(), 0, "without a trace of the other");
	is_int(begin(&out, path, true, "third"), 0, "once more");
	is_int(outfile_commit(&out, &err), 0, "put in place");
	outfile_release(&out);
	ok(holds(path, "third"), "it is the new one");
	is_int(outfile_open(&out, dir, true, &err), -EINVAL, "a folder is no place for a file");
	outfile_release(&out);
	is_int(outfile_open(&out, "/nonexistent/x", true, &err), -ENOENT,
		"nor is what is not there");
	outfile_release(&out);
}

static void killed(const char *path)
{
	struct outfile out = { 0 };
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (begin(&out, path, true, "half") < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status), "a writer is killed");
	ok(holds(path, "third"), "the file is as it was");
	is_int(leftovers(), 1, "what it had written is left");
	is_int(begin(&out, path, true, "fourth"), 0, "the next one");
	is_int(leftovers(), 1, "removes that");
	outfile_release(&out);
	is_int(leftovers(), 0, "and its own");
}

/* Two at a time: neither takes the other's for what a killed one left. */
static void together(const char *path)
{
	struct outfile a = { 0 }, b = { 0 };
	struct err err = { 0 };

	is_int(begin(&a, path, true, "a"), 0, "one writer");
	is_int(begin(&b, path, true, "b"), 0, "and another");
	is_int(leftovers(), 2, "have a file each");
	is_int(outfile_commit(&a, &err), 0, "the first is done");
	is_int(outfile_commit(&b, &err), 0, "the second is");
	outfile_release(&a);
	outfile_release(&b);
	ok(holds(path, "b"), "the last one stays");
}

int main(void)
{
	char path[64];

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/out", dir);
	committed(path);
	refused(path);
	killed(path);
	together(path);
	unlink(path);
	ok(rmdir(dir) == 0, "the folder is empty");
	return tap_done();
}
