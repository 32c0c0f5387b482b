/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a name of a file system leads to, wherever it is written: root=, resume= and
 * their like on a command line, fstab, crypttab, a loader's entries. The forms are those of
 * Linux and util-linux (libmount's tags, udev's links below /dev/disk) and of
 * the device mapper.
 */
#ifndef ARMVM_LOADER_NAMES_H
#define ARMVM_LOADER_NAMES_H

#include "loader/volume.h"

enum name_answer {
	NAME_ONE,
	NAME_NONE,    /* nothing in the image has it */
	NAME_SEVERAL, /* which one is taken depends on their order */
	NAME_MACHINE, /* the same name is another disk, or none, in another virtual machine */
	NAME_INSIDE, /* a file system in a file of the image, which is there and is not looked into */
	NAME_UNKNOWN, /* cannot be known from the image */
};

struct name {
	enum name_answer answer;
	const struct volume *
		volume; /* of NAME_ONE, the first of NAME_SEVERAL, and what /PARTNROFF= leads the kernel to */
	const char *what; /* "the UUID", "a disk's place in one machine" */
	const char *why;  /* of NAME_UNKNOWN: "it may be inside of an encrypted volume" */
	bool by_kernel;   /* the kernel finds it without an initrd */
	bool letters; /* of NAME_NONE: the kernel alone finds it, which minds no letters and knows /PARTNROFF= */
};

/* spec as in fstab's first field, or behind root=; quotes around a tag's value are allowed. */
struct name name_resolve(const struct chain_view *view, const char *spec);

/* "gpt-auto" and its like: the partition of the root type, which systemd-gpt-auto-generator(8) alone looks for. */
bool name_is_by_type(const char *spec);

/* Whether the command line turns that generator off (systemd.gpt_auto=0; in the initrd rd.systemd.gpt_auto=0, too); of NULL it does not. */
bool cmdline_gpt_auto_off(const char *cmdline, bool in_initrd);

/*
 * The same of a name on a command line, whose other arguments may say what it means: that dm-verity makes /dev/mapper/root
 * or /dev/mapper/usr (roothash=, verity.usr= and their like) or the kernel /dev/dm-0 (dm-mod.create=), which are the
 * partition that has the data; that the initrd is Guix' and needs no tag (gnu.load=); or that the label is that of
 * a file system in a file (cos-img/filename=); or that it lies in a file on the medium that root=live: names.
 */
struct name cmdline_name(const struct chain_view *view, const char *cmdline, const char *spec);

/*
 * How systemd in the initrd makes /dev/mapper/root or /dev/mapper/usr (systemd-veritysetup-generator(8)). Starts zeroed; NULL: there
 * is none.
 */
struct verity_words {
	const char *key; /* "roothash=" */
	char *hash;      /* and its value */
	char *data,
		*trees; /* the names of what has the data and the hashes, which parts of the hash make where nothing else says them */
	char *options;
};

/* Whether that device is one of these; false: none of the words is there, or who else makes it is named. */
bool cmdline_verity(const char *cmdline, const char *device, struct verity_words *out);
void verity_words_release(struct verity_words *words);
DEFINE_RELEASE(struct verity_words, verity_words_release)

/* Which initrds look for what an argument names. */
enum initrd_kind {
	INITRD_DRACUT = 1, /* or systemd's generators in another */
	INITRD_MKINITCPIO = 2,
};

/* An argument of a command line, beside root= and resume=, that an initrd waits for. */
typedef void cmdline_name_fn(
	void *ctx, const char *key, const char *value, const struct name *name);

/*
 * Calls fn for each argument of cmdline that names what these kinds of initrd (bits of enum
 * initrd_kind) wait for: mount.usr=, rd.luks.uuid=, rd.lvm.lv=, rd.md.uuid= and their like.
 */
void cmdline_each_name(const struct chain_view *view, const char *cmdline, unsigned kinds,
	cmdline_name_fn *fn, void *ctx);

#endif
