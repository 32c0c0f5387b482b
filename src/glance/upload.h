/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uploading an image to Glance by its own client (openstack(1), of
 * python3-openstackclient), with whatever cloud the user's clouds.yaml or OS_*
 * variables name, and making sure that what arrived is what was sent.
 */
#ifndef ARMVM_GLANCE_UPLOAD_H
#define ARMVM_GLANCE_UPLOAD_H

#include <sys/stat.h>

#include "glance/keeper.h"
#include "glance/properties.h"

struct glance_upload {
	const char *path;
	const char *name; /* that the image gets */
	const struct glance_properties *properties;
	const struct stat *judged; /* of the file, from before it was judged */
};

#define GLANCE_ID_LEN 36

/*
 * Uploads; the client says on standard error what it says. Then the stored
 * size and hash are compared with the file's. id gets the image's id. On an
 * error the keeper's end removes whatever has come to be in Glance. -ENOENT:
 * there is no client; -ESTALE: the file is not the one that was judged;
 * -EBADMSG: what is stored is not what was sent; -EIO: anything else.
 */
int glance_upload(const struct glance_upload *u, struct keeper *keeper, char id[GLANCE_ID_LEN + 1],
	struct err *err);

#endif
