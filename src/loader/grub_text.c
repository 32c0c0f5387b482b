/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a grub.cfg. See grub_text.h.
 */
#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/grub_text.h"

void grub_text_word(struct buf *out, const char *s)
{
	bool plain = *s != '\0';

	for (const char *p = s; *p; p++)
		plain &= isalnum((unsigned char)*p) || strchr("/._+~:=,-", *p);
	if (plain) {
		buf_puts(out, s);
		return;
	}
	buf_puts(out, "'");
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else if ((unsigned char)*s >= 0x20 && *s != 0x7f)
			buf_add(out, s, 1);
	buf_puts(out, "'");
}

static void add_words(struct buf *out, const char *words)
{
	char *copy CLEANUP(xfree) = xstrdup(words), *save = NULL;

	for (char *w = strtok_r(copy, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		buf_puts(out, " ");
		grub_text_word(out, w);
	}
}

static void add_entry(struct buf *out, const struct grub_text *text, const struct install_kernel *k)
{
	char *title CLEANUP(xfree) = xasprintf("%s, Linux %s", text->title, k->version);

	buf_puts(out, "\nmenuentry ");
	grub_text_word(out, title);
	buf_puts(out, " {\n\tlinux ");
	grub_text_word(out, k->path);
	if (k->initrd)
		buf_printf(out, " root=UUID=%s ro", text->root_uuid);
	else
		buf_printf(out, " root=PARTUUID=%s ro", text->root_partuuid);
	add_words(out, text->args);
	if (k->initrd) {
		buf_puts(out, "\n\tinitrd ");
		grub_text_word(out, k->initrd);
	}
	buf_puts(out, "\n}\n");
}

void grub_text_config(struct buf *out, const struct grub_text *text)
{
	buf_puts(out, "# Made by armvm-image, because there was none. update-grub replaces it.\n"
		      "set default=0\nset timeout=3\n");
	buf_printf(out, "search --no-floppy --fs-uuid --set=root %s\n", text->root_uuid);
	for (size_t i = 0; i < text->n_kernels; i++)
		add_entry(out, text, &text->kernels[i]);
}
