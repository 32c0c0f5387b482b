/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runtime services by their bits in EFI_RT_PROPERTIES_TABLE (UEFI 2.10 4.6.2).
 */
#ifndef ARMVM_UEFI_RT_SUPPORTED_H
#define ARMVM_UEFI_RT_SUPPORTED_H

#define EFI_RT_SUPPORTED_GET_TIME                      0x0001u
#define EFI_RT_SUPPORTED_SET_TIME                      0x0002u
#define EFI_RT_SUPPORTED_GET_WAKEUP_TIME               0x0004u
#define EFI_RT_SUPPORTED_SET_WAKEUP_TIME               0x0008u
#define EFI_RT_SUPPORTED_GET_VARIABLE                  0x0010u
#define EFI_RT_SUPPORTED_GET_NEXT_VARIABLE_NAME        0x0020u
#define EFI_RT_SUPPORTED_SET_VARIABLE                  0x0040u
#define EFI_RT_SUPPORTED_SET_VIRTUAL_ADDRESS_MAP       0x0080u
#define EFI_RT_SUPPORTED_CONVERT_POINTER               0x0100u
#define EFI_RT_SUPPORTED_GET_NEXT_HIGH_MONOTONIC_COUNT 0x0200u
#define EFI_RT_SUPPORTED_RESET_SYSTEM                  0x0400u
#define EFI_RT_SUPPORTED_UPDATE_CAPSULE                0x0800u
#define EFI_RT_SUPPORTED_QUERY_CAPSULE_CAPABILITIES    0x1000u
#define EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO           0x2000u
#define EFI_RT_SUPPORTED_ALL                           0x3fffu

#endif
