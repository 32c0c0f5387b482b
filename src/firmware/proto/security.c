/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SECURITY2_ARCH_PROTOCOL and EFI_SECURITY_ARCH_PROTOCOL (PI 1.8 II-12.9, II-12.10): what LoadImage()
 * asks before it loads. See core/image_trust.c.
 */
#include "firmware/core/image.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define SECURITY_SIZE 8

static const struct service file_rows[] = {
	{ 0, "Security2.FileAuthentication", svc_file_authentication,
		{ ARG_THIS, ARG_PATH, ARG_IN_BY(3, 1), ARG_U64, ARG_BOOL }, 0 },
};

static const struct service state_rows[] = {
	{ 0, "Security.FileAuthenticationState", svc_file_authentication_state,
		{ ARG_THIS, ARG_U32, ARG_PATH }, 0 },
};

void security_register(struct machine *m, const struct protocols_config *config)
{
	struct handle *h = handle_create(m);
	struct gaddr security2, security;

	(void)config;
	security2 = protocol_install(
		m, h, &uefi_security2_arch, SECURITY_SIZE, file_rows, ARRAY_SIZE(file_rows), NULL);
	security = protocol_install(
		m, h, &uefi_security_arch, SECURITY_SIZE, state_rows, ARRAY_SIZE(state_rows), NULL);
	image_set_security(m, security2, security);
}
