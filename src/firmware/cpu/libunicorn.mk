# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ways around faults of libunicorn, by its version: the library's functions that the linker puts those of
# cure.c before, and what cure.c is told. A version without a row is used as it is. When armvm-firmware
# is built, a run that counts (tests/unit/firmware/cure_test.c) holds a row against the library.
#
# 2.0.1	every store of a guest goes the slow way
# 2.1.1	stores are fast, but each translation looks through all of the TLB; and a page to which
#	the guest stored counts as one without code from then on, though some was left in it

CURE_WRAPS := tb_gen_code tlb_protect_code tlb_unprotect_code page_collection_lock \
	page_collection_unlock tb_invalidate_phys_page_fast tcg_exec_init tcg_tb_alloc \
	tlb_set_page_with_attrs

CURE_WRAPS_2.0.1 := $(CURE_WRAPS)
CURE_FLAGS_2.0.1 := -DCURE_WHOLE_PAGES=0
CURE_WRAPS_2.1.1 := $(CURE_WRAPS) tlb_reset_dirty_by_vaddr
CURE_FLAGS_2.1.1 := -DCURE_WHOLE_PAGES=1
