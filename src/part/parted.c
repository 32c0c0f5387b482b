/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libparted reads from a disk's table. See opinion.h. libparted takes a
 * path and asks its user through exceptions, so it gets the path of a sample
 * in memory, and a handler that notes each question and answers it with
 * whatever changes nothing. File systems are not probed: the sample has none.
 *
 * The library is loaded here, when it is wanted, and not linked: when it is
 * loaded, Debian's runs dmidecode through a shell to see whether this is a
 * Mac, and reads an unset buffer when that says nothing. An environment
 * variable answers the question before it is asked.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <parted/parted.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "part/opinion.h"
#include "part/sample.h"

#define LIBRARY "libparted.so.2" /* the soname whose headers this is built with */

/* One member per function, named as the function is. */
#define PARTED_FUNCTIONS(DO)                                                                       \
	DO(ped_exception_set_handler)                                                              \
	DO(ped_device_get)                                                                         \
	DO(ped_device_destroy)                                                                     \
	DO(ped_disk_new)                                                                           \
	DO(ped_disk_destroy)                                                                       \
	DO(ped_disk_next_partition)                                                                \
	DO(ped_disk_type_check_feature)                                                            \
	DO(ped_partition_is_active)                                                                \
	DO(ped_partition_is_flag_available)                                                        \
	DO(ped_partition_get_flag)                                                                 \
	DO(ped_partition_get_name)

struct parted_lib {
	void *handle;
#define DECLARE(name) __typeof__(&name) name;
	PARTED_FUNCTIONS(DECLARE)
#undef DECLARE
};

/* libparted calls its exception handler without an argument of ours. */
static struct {
	struct strlist *complaints; /* NULL unless part_parted_disk() runs */
	const char *path;           /* what it knows the disk as */
} listener;

static PedExceptionOption note_complaint(PedException *ex)
{
	static const PedExceptionOption harmless[] = { PED_EXCEPTION_IGNORE, PED_EXCEPTION_OK,
		PED_EXCEPTION_NO, PED_EXCEPTION_CANCEL };
	const char *at = strstr(ex->message, listener.path);

	if (at)
		strlist_take(
			listener.complaints, xasprintf("%.*sthe disk%s", (int)(at - ex->message),
						     ex->message, at + strlen(listener.path)));
	else
		strlist_add(listener.complaints, ex->message);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (ex->options & harmless[i])
			return harmless[i];
	return PED_EXCEPTION_UNHANDLED;
}

static int load(struct parted_lib *lib, struct err *err)
{
	static const char apple[] = "PARTED_GPT_APPLE";
	bool unset = !getenv(apple);

	if (unset)
		setenv(apple, "0", 1);
	lib->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (unset)
		unsetenv(apple);
	if (!lib->handle) {
		err_set(err, ENOENT, "%s", dlerror());
		return err_hint(err, "install the package libparted2");
	}
#define LOAD(name)                                                                                 \
	lib->name = (__typeof__(&name))dlsym(lib->handle, #name);                                  \
	if (!lib->name)                                                                            \
		return err_set(err, ENOSYS, "%s: no %s()", LIBRARY, #name);
	PARTED_FUNCTIONS(LOAD)
#undef LOAD
	return 0;
}

static size_t count_parts(const struct parted_lib *lib, const PedDisk *disk)
{
	size_t n = 0;

	for (PedPartition *p = NULL; (p = lib->ped_disk_next_partition(disk, p));)
		n += lib->ped_partition_is_active(p) && p->num > 0;
	return n;
}

static void list_parts(const struct parted_lib *lib, const PedDisk *disk, struct part_parted *out)
{
	bool names = lib->ped_disk_type_check_feature(disk->type, PED_DISK_TYPE_PARTITION_NAME);

	out->parts = xcalloc(count_parts(lib, disk) + 1, sizeof(*out->parts));
	for (PedPartition *p = NULL; (p = lib->ped_disk_next_partition(disk, p));) {
		struct part_parted_entry *e = &out->parts[out->n_parts];
		const char *name;

		if (!lib->ped_partition_is_active(p) || p->num <= 0)
			continue;
		name = names ? lib->ped_partition_get_name(p) : NULL;
		e->index = (unsigned)p->num;
		e->first_lba = (uint64_t)p->geom.start;
		e->sectors = (uint64_t)p->geom.length;
		e->esp = lib->ped_partition_is_flag_available(p, PED_PARTITION_ESP) &&
			 lib->ped_partition_get_flag(p, PED_PARTITION_ESP);
		e->name = xstrdup(name ? name : "");
		out->n_parts++;
	}
}

static int read_label(const struct parted_lib *lib, const char *path, unsigned sector_size,
	struct part_parted *out, struct err *err)
{
	PedDevice *dev = lib->ped_device_get(path);
	PedDisk *disk;

	if (!dev)
		return err_set(err, EIO, "libparted cannot open the disk: %s",
			out->complaints.n ? out->complaints.v[out->complaints.n - 1]
					  : "it gives no reason");
	/* It takes every file for a disk of 512-byte sectors. */
	dev->length = dev->length * dev->sector_size / sector_size;
	dev->sector_size = sector_size;
	dev->phys_sector_size = sector_size;
	disk = lib->ped_disk_new(dev);
	if (disk) {
		strncpy(out->label, disk->type->name, sizeof(out->label) - 1);
		list_parts(lib, disk, out);
		lib->ped_disk_destroy(disk);
	}
	lib->ped_device_destroy(dev);
	return 0;
}

static int listen_to_parted(int fd, unsigned sector_size, struct part_parted *out, struct err *err)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;
	struct parted_lib lib = { 0 };
	char path[64];
	int rc = load(&lib, err);

	if (!rc) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		listener.complaints = &out->complaints;
		listener.path = path;
		lib.ped_exception_set_handler(note_complaint);
		/* It complains of names that the locale has no characters for. */
		before = utf8 ? uselocale(utf8) : (locale_t)0;
		rc = read_label(&lib, path, sector_size, out, err);
		if (before)
			uselocale(before);
		lib.ped_exception_set_handler(NULL);
		listener.complaints = NULL;
		listener.path = NULL;
	}
	if (lib.handle)
		dlclose(lib.handle);
	if (utf8)
		freelocale(utf8);
	return rc;
}

int part_parted_disk(
	struct disk *disk, unsigned sector_size, struct part_parted *out, struct err *err)
{
	int fd, rc;

	*out = (struct part_parted){ .label = "" };
	rc = part_sample(disk, &fd, err);
	if (rc)
		return rc;
	rc = listen_to_parted(fd, sector_size, out, err);
	close(fd);
	return rc;
}

void part_parted_release(struct part_parted *p)
{
	for (size_t i = 0; i < p->n_parts; i++)
		free(p->parts[i].name);
	free(p->parts);
	strlist_release(&p->complaints);
	*p = (struct part_parted){ .label = "" };
}
