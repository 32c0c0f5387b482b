/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_STATUS on a 64-bit machine (UEFI 2.10 appendix D).
 */
#ifndef ARMVM_UEFI_STATUS_H
#define ARMVM_UEFI_STATUS_H

#include "base/base.h"

typedef uint64_t efi_status;

#define EFI_ERROR_BIT        (UINT64_C(1) << 63)
#define EFI_ERROR_CODE(n)    (EFI_ERROR_BIT | (n))
#define EFI_IS_ERROR(status) (((status)&EFI_ERROR_BIT) != 0)

#define EFI_SUCCESS               UINT64_C(0)
#define EFI_WARN_UNKNOWN_GLYPH    UINT64_C(1)
#define EFI_WARN_DELETE_FAILURE   UINT64_C(2)
#define EFI_WARN_WRITE_FAILURE    UINT64_C(3)
#define EFI_WARN_BUFFER_TOO_SMALL UINT64_C(4)
#define EFI_WARN_FILE_SYSTEM      UINT64_C(6)
#define EFI_LOAD_ERROR            EFI_ERROR_CODE(1)
#define EFI_INVALID_PARAMETER     EFI_ERROR_CODE(2)
#define EFI_UNSUPPORTED           EFI_ERROR_CODE(3)
#define EFI_BAD_BUFFER_SIZE       EFI_ERROR_CODE(4)
#define EFI_BUFFER_TOO_SMALL      EFI_ERROR_CODE(5)
#define EFI_NOT_READY             EFI_ERROR_CODE(6)
#define EFI_DEVICE_ERROR          EFI_ERROR_CODE(7)
#define EFI_WRITE_PROTECTED       EFI_ERROR_CODE(8)
#define EFI_OUT_OF_RESOURCES      EFI_ERROR_CODE(9)
#define EFI_VOLUME_CORRUPTED      EFI_ERROR_CODE(10)
#define EFI_VOLUME_FULL           EFI_ERROR_CODE(11)
#define EFI_NO_MEDIA              EFI_ERROR_CODE(12)
#define EFI_MEDIA_CHANGED         EFI_ERROR_CODE(13)
#define EFI_NOT_FOUND             EFI_ERROR_CODE(14)
#define EFI_ACCESS_DENIED         EFI_ERROR_CODE(15)
#define EFI_NO_RESPONSE           EFI_ERROR_CODE(16)
#define EFI_NO_MAPPING            EFI_ERROR_CODE(17)
#define EFI_TIMEOUT               EFI_ERROR_CODE(18)
#define EFI_NOT_STARTED           EFI_ERROR_CODE(19)
#define EFI_ALREADY_STARTED       EFI_ERROR_CODE(20)
#define EFI_ABORTED               EFI_ERROR_CODE(21)
#define EFI_PROTOCOL_ERROR        EFI_ERROR_CODE(24)
#define EFI_INCOMPATIBLE_VERSION  EFI_ERROR_CODE(25)
#define EFI_SECURITY_VIOLATION    EFI_ERROR_CODE(26)
#define EFI_CRC_ERROR             EFI_ERROR_CODE(27)
#define EFI_END_OF_MEDIA          EFI_ERROR_CODE(28)
#define EFI_END_OF_FILE           EFI_ERROR_CODE(31)
#define EFI_INVALID_LANGUAGE      EFI_ERROR_CODE(32)
#define EFI_COMPROMISED_DATA      EFI_ERROR_CODE(33)

/* "EFI_NOT_FOUND"; "EFI_STATUS" for a code that has no name here. Static. */
const char *efi_status_name(efi_status status);

#endif
