# SPDX-License-Identifier: GPL-2.0-or-later
#
# Ways around faults of libunicorn, by its version: the library's functions that the linker puts those of
# workaround.c before, and what workaround.c is given. A version without a row is used as it is. When armvm-firmware
# is built, a run that counts (tests/unit/firmware/workaround_test.c) holds a row against the library.
#
# 2.0.1	every store of a guest goes the slow way
# 2.1.1	stores are fast, but each translation looks through all of the TLB; and a page to which
#	the guest stored counts as one without code from then on, though some was left in it
# 2.1.4	as 2.1.1, and every store to a page that was executed from goes the slow way

UNICORN_WRAPS := tb_gen_code tlb_protect_code tlb_unprotect_code page_collection_lock \
	page_collection_unlock tb_invalidate_phys_page_fast tcg_exec_init tcg_tb_alloc \
	tlb_set_page_with_attrs

UNICORN_WRAPS_2.0.1 := $(UNICORN_WRAPS)
UNICORN_FLAGS_2.0.1 := -DWORKAROUND_WHOLE_PAGES=0
UNICORN_WRAPS_2.1.1 := $(UNICORN_WRAPS) tlb_reset_dirty_by_vaddr
UNICORN_FLAGS_2.1.1 := -DWORKAROUND_WHOLE_PAGES=1
UNICORN_WRAPS_2.1.4 := $(UNICORN_WRAPS_2.1.1)
UNICORN_FLAGS_2.1.4 := $(UNICORN_FLAGS_2.1.1)
