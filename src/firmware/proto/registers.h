/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that put the protocols of no disk on their handles, one per
 * file: init.c calls them.
 */
#ifndef ARMVM_FIRMWARE_PROTO_REGISTERS_H
#define ARMVM_FIRMWARE_PROTO_REGISTERS_H

#include "firmware/proto/protocol.h"

typedef void protocol_register(struct machine *m, const struct protocols_config *config);

protocol_register decompress_register, device_path_register, gop_register, hii_register,
	memory_attribute_register, reset_notification_register, rng_register, security_register,
	tcg2_register, unicode_collation_register;

#endif
