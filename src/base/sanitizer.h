/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the address sanitizer is compiled in. It maps terabytes of shadow memory, and reads
 * /proc when it reports: limits of memory and forbidden system calls cannot hold beside it.
 */
#ifndef ARMVM_BASE_SANITIZER_H
#define ARMVM_BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__) /* gcc */
#define UNDER_ASAN 1
#elif defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

/* Under a fuzzer limits are small and checksums right: neither is what it is to find out about. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define FUZZING            1
#define WHEN_FUZZING(a, b) (a)
#else
#define FUZZING            0
#define WHEN_FUZZING(a, b) (b)
#endif

#endif
