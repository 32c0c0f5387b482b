/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a flattened device tree. See devicetree.h. */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "uefi/devicetree.h"

#define HEADER_LEN   40
#define MAGIC        0xd00dfeedu
#define VERSION      17 /* also the last that is compatible: 16 */
#define LAST_COMP    16
#define TOTAL_SIZE   4
#define OFF_STRUCT   8
#define OFF_STRINGS  12
#define OFF_RESERVED 16
#define AT_VERSION   20
#define AT_COMP      24
#define SIZE_STRINGS 32
#define SIZE_STRUCT  36

#define TOKEN_BEGIN    1
#define TOKEN_PROPERTY 3
#define TOKEN_NOP      4

bool devicetree_valid(const uint8_t *p, size_t len)
{
	uint32_t total;

	if (len < HEADER_LEN || be32(p) != MAGIC || be32(p + AT_VERSION) < VERSION ||
		be32(p + AT_COMP) > LAST_COMP + 1)
		return false;
	total = be32(p + TOTAL_SIZE);
	return total >= HEADER_LEN && total <= len &&
	       range_within(be32(p + OFF_RESERVED), 0, total) && be32(p + OFF_STRUCT) % 4 == 0 &&
	       range_within(be32(p + OFF_STRUCT), be32(p + SIZE_STRUCT), total) &&
	       range_within(be32(p + OFF_STRINGS), be32(p + SIZE_STRINGS), total);
}

/* What follows is within the structure. */
struct cursor {
	const uint8_t *p, *end;
};

static bool take32(struct cursor *c, uint32_t *value)
{
	if (c->end - c->p < 4)
		return false;
	*value = be32(c->p);
	c->p += 4;
	return true;
}

/* A property's value, whose name stands at `name` among the strings; the cursor goes on behind it. */
static bool take_property(struct cursor *c, uint32_t *name, const uint8_t **value, uint32_t *len)
{
	if (!take32(c, len) || !take32(c, name) || (size_t)(c->end - c->p) < *len)
		return false;
	*value = c->p;
	c->p += (size_t)(c->end - c->p) - *len < 3 ? *len : (*len + 3) & ~3u;
	return true;
}

char *devicetree_compatible(const uint8_t *p, size_t len)
{
	static const char wanted[] = "compatible";
	struct cursor c;
	uint32_t token = 0, name, n;
	const uint8_t *value;

	if (!devicetree_valid(p, len))
		return NULL;
	c.p = p + be32(p + OFF_STRUCT);
	c.end = c.p + be32(p + SIZE_STRUCT);
	/* The root has an empty name, and its properties come before other nodes. */
	while (take32(&c, &token) && token == TOKEN_NOP)
		;
	if (token != TOKEN_BEGIN || !take32(&c, &name) || name)
		return NULL;
	while (take32(&c, &token) && (token == TOKEN_PROPERTY || token == TOKEN_NOP)) {
		if (token == TOKEN_NOP)
			continue;
		if (!take_property(&c, &name, &value, &n))
			break;
		if (range_within(name, sizeof(wanted), be32(p + SIZE_STRINGS)) &&
			memcmp(p + be32(p + OFF_STRINGS) + name, wanted, sizeof(wanted)) == 0)
			return n && *value ? xstrndup((const char *)value, n) : NULL;
	}
	return NULL;
}

bool devicetree_is_virtual(const char *compatible)
{
	return strcmp(compatible, "linux,dummy-virt") == 0 ||
	       strncmp(compatible, "xen,xenvm", strlen("xen,xenvm")) == 0;
}
