/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libparted reads from a disk's table. See opinion.h. libparted takes a
 * path and asks its user through exceptions, so it gets the path of a sample
 * in memory, and a handler that notes each question and answers it with
 * whatever changes nothing. File systems are not probed: the sample has none.
 *
 * The library is loaded here, when it is wanted, and not linked: when it is
 * loaded, Debian's runs dmidecode through a shell to determine whether this is a
 * Mac, and reads an unset buffer when that says nothing. An environment
 * variable answers the question before it is asked.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <parted/parted.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "part/opinion.h"
#include "part/sample.h"

#define TABLE_MAX (UINT64_C(16) << 20)
#define LIBRARY   "libparted.so.2" /* the soname whose headers this is built with */

/* One member per function, named as the function is. */
#define PARTED_FUNCTIONS(DO)                                                                       \
	DO(ped_exception_set_handler)                                                              \
	DO(ped_device_get)                                                                         \
	DO(ped_device_cache_remove)                                                                \
	DO(ped_device_open)                                                                        \
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

/* All that needs files is opened once, and stays open. */
static struct {
	bool tried;
	struct err failed; /* code 0: it did not */
	struct parted_lib lib;
	locale_t utf8;
	PedDevice *device; /* the sample, open */
	char path[64];
} parted;

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

/* libparted opens a device again only when it is not open. */
static int open_device(struct err *err)
{
	int fd = part_sample_file();

	if (fd < 0)
		return err_sys(err, "making a sparse file in memory");
	snprintf(parted.path, sizeof(parted.path), "/proc/self/fd/%d", fd);
	parted.device = parted.lib.ped_device_get(parted.path);
	if (!parted.device || !parted.lib.ped_device_open(parted.device))
		return err_set(err, EIO, "libparted cannot open a file in memory");
	return 0;
}

static int prepare(struct err *err)
{
	if (!parted.tried) {
		parted.tried = true;
		/* It complains of names that the locale has no characters for. */
		parted.utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		if (load(&parted.lib, &parted.failed) == 0)
			open_device(&parted.failed);
	}
	if (parted.failed.code && err)
		*err = parted.failed;
	return -parted.failed.code;
}

void part_opinions_prepare(void)
{
	if (parted.device)
		parted.lib.ped_device_cache_remove(parted.device);
	parted.device = NULL;
	parted.tried = false;
	err_clear(&parted.failed);
	part_sample_forget();
	prepare(NULL);
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

/* As libparted makes them up for a file. */
static void set_geometry(PedDevice *dev, uint64_t size, unsigned sector_size)
{
	dev->sector_size = sector_size;
	dev->phys_sector_size = sector_size;
	dev->length = (PedSector)(size / sector_size);
	dev->bios_geom = (PedCHSGeometry){
		.cylinders = (int)(size / 512 / 4 / 32), .heads = 4, .sectors = 32
	};
	dev->hw_geom = dev->bios_geom;
}

static void read_label(const struct parted_lib *lib, struct part_parted *out)
{
	PedDisk *disk = lib->ped_disk_new(parted.device);

	if (!disk)
		return;
	strncpy(out->label, disk->type->name, sizeof(out->label) - 1);
	list_parts(lib, disk, out);
	lib->ped_disk_destroy(disk);
}

static void listen_to_parted(struct part_parted *out)
{
	locale_t before;

	listener.complaints = &out->complaints;
	listener.path = parted.path;
	parted.lib.ped_exception_set_handler(note_complaint);
	before = parted.utf8 ? uselocale(parted.utf8) : (locale_t)0;
	read_label(&parted.lib, out);
	if (before)
		uselocale(before);
	parted.lib.ped_exception_set_handler(NULL);
	listener.complaints = NULL;
	listener.path = NULL;
}

/*
 * A GPT whose table of partitions is empty, or larger than any has: libparted aborts at the one,
 * and reads and allocates the other.
 */
static bool has_odd_table(const uint8_t *sector)
{
	uint64_t bytes = (uint64_t)le32(sector + 80) * le32(sector + 84);

	return memcmp(sector, "EFI PART", 8) == 0 && (!bytes || bytes > TABLE_MAX);
}

int part_parted_disk(
	struct disk *disk, unsigned sector_size, struct part_parted *out, struct err *err)
{
	int fd, rc;

	*out = (struct part_parted){ .label = "" };
	rc = prepare(err);
	if (!rc)
		rc = part_sample(disk, &fd, err);
	if (rc)
		return rc;
	if (part_sample_has(has_odd_table)) {
		strlist_add(&out->complaints,
			"a GPT's table of partitions is empty, or larger than any has");
	} else {
		set_geometry(parted.device, disk_size(disk), sector_size);
		listen_to_parted(out);
	}
	part_sample_drop();
	return 0;
}

void part_parted_release(struct part_parted *p)
{
	for (size_t i = 0; i < p->n_parts; i++)
		free(p->parts[i].name);
	free(p->parts);
	strlist_release(&p->complaints);
	*p = (struct part_parted){ .label = "" };
}
