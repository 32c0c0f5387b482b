/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A main for fuzz targets outside fuzz mode: gives each file named on the
 * command line, or in a folder named there, to LLVMFuzzerTestOneInput().
 *	NAME_fuzz [--truncate] FILE|FOLDER...
 * With --truncate each file is given once more cut short at every byte (of
 * files over TRUNCATE_MAX: at every byte of their first part, and then at
 * evenly spaced places). A target whose inputs are records of one length says so by fuzz_record:
 * its files are cut behind each of them, and once in the middle of one. Prints how many inputs ran. The first crash ends it,
 * as a sanitizer does; the last line on standard error then names the input.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRUNCATE_MAX 4096
#define INPUT_MAX    (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const size_t fuzz_record __attribute__((weak));

static unsigned long inputs;
static bool truncating;

/* What is being run, for the message of on_crash(). */
static char running[512];

static void on_crash(int sig)
{
	ssize_t n = write(2, running, strlen(running));

	(void)n;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void run_one(const char *path, const uint8_t *bytes, size_t len)
{
	/* A block of its own size, so that a read beyond its end is seen by ASan. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	snprintf(running, sizeof(running), "crashed by %s, first %zu bytes\n", path, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	inputs++;
}

static void run_truncated(const char *path, const uint8_t *bytes, size_t len)
{
	size_t record = &fuzz_record ? fuzz_record : 0;
	size_t step = len > TRUNCATE_MAX ? (len - TRUNCATE_MAX) / TRUNCATE_MAX + 1 : 1;

	if (record) {
		for (size_t cut = 0; cut < len; cut += record)
			run_one(path, bytes, cut);
		run_one(path, bytes, len > record / 2 ? len - record / 2 : 0);
		return;
	}
	for (size_t cut = 0; cut < len && cut < TRUNCATE_MAX; cut++)
		run_one(path, bytes, cut);
	for (size_t cut = TRUNCATE_MAX; cut < len; cut += step)
		run_one(path, bytes, cut);
}

static bool run_file(const char *path, off_t size)
{
	uint8_t *bytes;
	size_t len;
	FILE *f = fopen(path, "rb");

	if (!f || size < 0 || size > (off_t)INPUT_MAX) {
		fprintf(stderr, "%s: %s\n", path, f ? "too large" : strerror(errno));
		if (f)
			fclose(f);
		return false;
	}
	bytes = malloc((size_t)size + 1);
	if (!bytes)
		abort();
	len = fread(bytes, 1, (size_t)size, f);
	fclose(f);
	run_one(path, bytes, len);
	if (truncating)
		run_truncated(path, bytes, len);
	free(bytes);
	return true;
}

static bool run_path(const char *path);

static bool run_folder(const char *path)
{
	struct dirent **names;
	bool good = true;
	char name[4096];
	int n = scandir(path, &names, NULL, alphasort);

	if (n < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.' && snprintf(name, sizeof(name), "%s/%s", path,
							  names[i]->d_name) < (int)sizeof(name))
			good &= run_path(name);
		free(names[i]);
	}
	free(names);
	return good;
}

static bool run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	return S_ISDIR(st.st_mode) ? run_folder(path) : run_file(path, st.st_size);
}

int main(int argc, char **argv)
{
	bool good = true;
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "--truncate") == 0) {
		truncating = true;
		i++;
	}
	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	for (; i < argc; i++)
		good &= run_path(argv[i]);
	printf("%lu inputs\n", inputs);
	return good ? 0 : 1;
}
