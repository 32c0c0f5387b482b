/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a grub.cfg. See grub_text.h.
 */
#include <ctype.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/grub_text.h"

void grub_text_word(struct text *out, const char *s)
{
	bool plain = *s != '\0';

	for (const char *p = s; *p; p++)
		plain &= isalnum((unsigned char)*p) || strchr("/._+~:=,-", *p);
	if (plain) {
		text_puts(out, s);
		return;
	}
	text_puts(out, "'");
	for (; *s; s++)
		if (*s == '\'')
			text_puts(out, "'\\''");
		else if ((unsigned char)*s >= 0x20 && *s != 0x7f)
			text_add(out, s, 1);
	text_puts(out, "'");
}

static void add_words(struct text *out, const char *words)
{
	char *copy CLEANUP(xfree) = xstrdup(words), *save = NULL;

	for (char *w = strtok_r(copy, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		text_puts(out, " ");
		grub_text_word(out, w);
	}
}

static void add_entry(
	struct text *out, const struct grub_text *text, const struct install_kernel *k)
{
	char *title CLEANUP(xfree) = xasprintf("%s, Linux %s", text->title, k->version);

	text_puts(out, "\nmenuentry ");
	grub_text_word(out, title);
	text_puts(out, " {\n\tlinux ");
	grub_text_word(out, k->path);
	if (k->initrd)
		text_printf(out, " root=UUID=%s ro", text->root_uuid);
	else
		text_printf(out, " root=PARTUUID=%s ro", text->root_partuuid);
	add_words(out, text->args);
	if (k->initrd) {
		text_puts(out, "\n\tinitrd ");
		grub_text_word(out, k->initrd);
	}
	text_puts(out, "\n}\n");
}

void grub_text_config(struct text *out, const struct grub_text *text)
{
	text_puts(out, "# Made by armvm-image, because there was none. update-grub replaces it.\n"
		       "set default=0\nset timeout=3\n");
	text_printf(out, "search --no-floppy --fs-uuid --set=root %s\n", text->root_uuid);
	for (size_t i = 0; i < text->n_kernels; i++)
		add_entry(out, text, &text->kernels[i]);
}
