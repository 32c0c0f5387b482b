/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths as text (UEFI 2.10 10.6.1.6), in the spelling of edk2 where the
 * specification leaves a choice: hexadecimal with 0x, digits and GUIDs in upper case. A node
 * that no row fits is written generically.
 */
#include <string.h>

#include "uefi/device_path_shapes.h"

/* How many bytes a row needs; fields that nodes may lack don't count. */
static size_t least(const struct dp_shape *shape)
{
	size_t n = shape->mark.at + shape->mark.size;

	if (shape->put)
		return shape->size;
	for (const struct dp_field *f = shape->fields; f->kind; f++)
		if (!(f->flags & DP_FIELD_OPTIONAL) && n < f->at + (size_t)f->size)
			n = f->at + (size_t)f->size;
	return n;
}

static bool fits(const struct dp_shape *shape, const struct dp_node *node, unsigned how)
{
	return shape->type == node->type && shape->subtype == node->subtype &&
	       !(shape->flags & DP_SHAPE_PARSED) &&
	       (!(shape->flags & DP_SHAPE_SHORTCUT) || how & DP_TEXT_SHORTCUTS) &&
	       node->size >= least(shape) &&
	       memcmp(node->data + shape->mark.at, shape->mark.bytes, shape->mark.size) == 0;
}

static void put_shape(
	struct text *out, const struct dp_shape *shape, const struct dp_node *node, unsigned how)
{
	const char *between = "";

	if (shape->put) {
		shape->put(out, node, how);
		return;
	}
	text_printf(out, "%s(", shape->name);
	for (const struct dp_field *f = shape->fields; f->kind; f++) {
		size_t rest = node->size > f->at ? node->size - f->at : 0;

		if ((f->flags & DP_FIELD_LONG && how & DP_TEXT_DISPLAY) ||
			(f->flags & DP_FIELD_OPTIONAL && (!rest || rest < f->size)))
			continue;
		text_puts(out, between);
		f->kind->put(out, node->data + f->at, f->size ? f->size : rest, f);
		between = ",";
	}
	text_puts(out, ")");
}

static void put_generic(struct text *out, const struct dp_node *node)
{
	if (node->type < ARRAY_SIZE(dp_generic) && dp_generic[node->type])
		text_printf(out, "%s(%u", dp_generic[node->type], node->subtype);
	else
		text_printf(out, "Path(%u,%u", node->type, node->subtype);
	if (node->size)
		text_puts(out, ",");
	dp_put_hex(out, node->data, node->size);
	text_puts(out, ")");
}

void dp_node_to_text(const struct dp_node *node, unsigned how, struct text *out)
{
	if (node->type == DP_MEDIA && node->subtype == DP_MEDIA_FILE) {
		dp_put_utf16(out, node->data, node->size);
		return;
	}
	if (node->type == DP_END && node->subtype == DP_END_INSTANCE) {
		text_puts(out, ",");
		return;
	}
	for (size_t i = 0; i < dp_n_shapes; i++)
		if (fits(&dp_shapes[i], node, how)) {
			put_shape(out, &dp_shapes[i], node, how);
			return;
		}
	put_generic(out, node);
}

void dp_to_text(const uint8_t *path, size_t len, unsigned how, struct text *out)
{
	const char *between = "";
	struct dp_node node;

	for (size_t pos = 0; dp_next(path, len, &pos, &node);) {
		if (node.type == DP_END) {
			between = ",";
			continue;
		}
		text_puts(out, between);
		dp_node_to_text(&node, how, out);
		between = "/";
	}
}
