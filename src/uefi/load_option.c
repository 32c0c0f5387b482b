/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load options. See load_option.h.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "uefi/device_path.h"
#include "uefi/load_option.h"

/* EFI_LOAD_OPTION: Attributes, FilePathListLength, Description, FilePathList, OptionalData */
#define OPTION_ATTRIBUTES   0
#define OPTION_PATHS_LENGTH 4
#define OPTION_DESCRIPTION  6

static void add_text(struct buf *out, const char *text)
{
	size_t room = strlen(text);
	CLEANUP(xfree) uint8_t *units = xcalloc(room + 1, 2);
	int n = utf8_to_utf16le(text, units, room);

	/* What is no UTF-8 is left out: an empty description is allowed. */
	buf_add(out, units, n < 0 ? 0 : 2 * (size_t)n);
	buf_add(out, "\0", 2);
}

int load_option_parse(const uint8_t *p, size_t size, struct load_option *out, struct err *err)
{
	size_t at = OPTION_DESCRIPTION;

	*out = (struct load_option){ 0 };
	if (size < OPTION_DESCRIPTION)
		return err_set(err, EINVAL, "%zu bytes are too short for a load option", size);
	out->attributes = le32(p + OPTION_ATTRIBUTES);
	out->paths_size = le16(p + OPTION_PATHS_LENGTH);
	out->description = p + at;
	while (at + 2 <= size && le16(p + at))
		at += 2;
	if (at + 2 > size)
		return err_set(err, EINVAL, "the description does not end");
	out->description_units = (at - OPTION_DESCRIPTION) / 2;
	at += 2;
	if (out->paths_size > size - at)
		return err_set(err, EINVAL, "a device path list of %zu bytes in the last %zu",
			out->paths_size, size - at);
	out->paths = p + at;
	for (size_t done = 0; done < out->paths_size;) {
		size_t one = dp_length(out->paths + done, out->paths_size - done);

		if (!one)
			return err_set(
				err, EINVAL, "the device path at byte %zu is malformed", at + done);
		if (!done)
			out->path_size = one;
		done += one;
	}
	if (!out->path_size)
		return err_set(err, EINVAL, "it has no device path");
	out->data = out->paths + out->paths_size;
	out->data_size = size - at - out->paths_size;
	return 0;
}

char *load_option_description(const struct load_option *option)
{
	return utf16le_to_utf8(option->description, option->description_units);
}

void load_option_encode(struct buf *out, uint32_t attributes, const char *description,
	const void *paths, size_t paths_size, const void *data, size_t data_size)
{
	uint8_t head[OPTION_DESCRIPTION];

	put_le32(head + OPTION_ATTRIBUTES, attributes);
	put_le16(head + OPTION_PATHS_LENGTH, (uint16_t)paths_size);
	buf_add(out, head, sizeof(head));
	add_text(out, description);
	buf_add(out, paths, paths_size);
	buf_add(out, data, data_size);
}
