/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root hash of a volume that dm-verity checks: see image.h.
 */
#include <errno.h>

#include "base/xalloc.h"
#include "image/private.h"
#include "part/verity.h"

int image_verity_root(const struct image *image, const struct volume *hashes, uint64_t at,
	const struct volume *data, char **hex, struct err *err)
{
	struct disk *of_hashes = image->contents[hashes - image->volumes].window;
	struct disk *of_data = image->contents[data - image->volumes].window;
	CLEANUP(xfree) char *text = xmalloc(VERITY_HEX);
	struct verity v;
	int ret;

	if (!of_hashes || !of_data)
		return err_set(err, ENOTSUP, "what it lies in is not read here");
	ret = verity_read(of_hashes, at, &v, err);
	if (ret == 0)
		ret = verity_root(&v, of_hashes, of_data, text, err);
	if (ret == 0)
		*hex = TAKE(text);
	return ret;
}
