/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workarounds for libunicorn's slow stores, and for its buffer of translated code, which has no small bound
 * (see the end of this file). 2.0.1's TLB marks every page as "may hold translated code" and never takes the
 * mark away, so that each store of the guest locks a collection of pages and allocates memory: 60 ns instead
 * of 2. 2.1.1 takes it away too early, and looks through all of the TLB at each translation to set it again;
 * 2.1.4 takes it away only where nothing was executed.
 * The linker's --wrap puts the functions below in front of the library's; they keep their own record of the
 * pages that do hold code, and take the mark away from the others. libunicorn.mk says what a version needs.
 *
 * The library's functions know nothing of us, hence the one static of this
 * program; cpu_new() ensures that there is one processor at a time. It rests
 * on virtual = physical, on RAM being the library's first block (its ram
 * addresses begin at 0), and on pages of 1 KiB, all true with unicorn.c. The
 * makefile leaves this file out when the library is another version.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/xalloc.h"
#include "firmware/cpu/workaround.h"

#define TLB_PAGE_BITS 10
_Static_assert(1u << TLB_PAGE_BITS == PART_BYTES, "a page of the TLB is a part of memory");

static struct {
	uint64_t base, pages;
	uint8_t *code;         /* a byte for each page: it holds translated code */
	struct guest_ram *ram; /* NULL: nobody wants to know what the TLB maps */
	void *cpu;             /* the library's CPUState */
	void (*before)(void *ctx, uint64_t pc);
	void *ctx;
	uint64_t slow; /* stores that went the slow way, since the program began */
	char *newest;  /* the block of code that was translated last; NULL: none since a flush */
} tracked;

/* What page_collection_lock() answers when no code can be hit. */
static char nothing_locked;

void *__real_tb_gen_code_aarch64(
	void *cpu, uint64_t pc, uint64_t cs_base, uint32_t flags, int cflags);
bool workaround_has_code(uint64_t a, uint64_t len)
{
	uint64_t first = (a - tracked.base) >> TLB_PAGE_BITS;
	uint64_t last = (a - tracked.base + len - 1) >> TLB_PAGE_BITS;

	return !tracked.code || last >= tracked.pages ||
	       memchr(tracked.code + first, 1, last - first + 1);
}

void *__wrap_tb_gen_code_aarch64(
	void *cpu, uint64_t pc, uint64_t cs_base, uint32_t flags, int cflags);
void __real_tlb_protect_code_aarch64(void *uc, uint64_t ram_addr);
void __wrap_tlb_protect_code_aarch64(void *uc, uint64_t ram_addr);
void __real_tlb_unprotect_code_aarch64(void *uc, uint64_t ram_addr);
void __wrap_tlb_unprotect_code_aarch64(void *uc, uint64_t ram_addr);
void *__real_page_collection_lock_aarch64(void *uc, uint64_t start, uint64_t end);
void *__wrap_page_collection_lock_aarch64(void *uc, uint64_t start, uint64_t end);
void __real_page_collection_unlock_aarch64(void *set);
void __wrap_page_collection_unlock_aarch64(void *set);
void __real_tb_invalidate_phys_page_fast_aarch64(
	void *uc, void *set, uint64_t start, int len, uintptr_t retaddr);
void __wrap_tb_invalidate_phys_page_fast_aarch64(
	void *uc, void *set, uint64_t start, int len, uintptr_t retaddr);
void __real_tcg_exec_init_aarch64(void *uc, unsigned long buffer_size);
void __wrap_tcg_exec_init_aarch64(void *uc, unsigned long buffer_size);
void *__real_tcg_tb_alloc_aarch64(void *tcg);
void *__wrap_tcg_tb_alloc_aarch64(void *tcg);
void __real_tlb_set_page_with_attrs_aarch64(void *cpu, uint64_t virtual, uint64_t physical,
	uint32_t attributes, int protection, int index, uint64_t size);
void __wrap_tlb_set_page_with_attrs_aarch64(void *cpu, uint64_t virtual, uint64_t physical,
	uint32_t attributes, int protection, int index, uint64_t size);
void __wrap_tlb_reset_dirty_by_vaddr_aarch64(void *cpu, uint64_t start, uint64_t len);
/* The library's own, not wrapped. */
void tb_invalidate_phys_range_aarch64(void *uc, uint64_t start, uint64_t end);
void tlb_flush_aarch64(void *cpu);
void tlb_flush_page_aarch64(void *cpu, uint64_t addr);
void tlb_set_dirty_aarch64(void *cpu, uint64_t addr);

void workaround_attach(uint64_t ram_base, uint64_t ram_size)
{
	free(tracked.code);
	tracked.base = ram_base;
	tracked.pages = ram_size >> TLB_PAGE_BITS;
	tracked.code = xcalloc(tracked.pages, 1);
	tracked.cpu = NULL;
	tracked.before = NULL;
	tracked.newest = NULL;
	tracked.ram = NULL;
}

void workaround_mark(struct guest_ram *ram)
{
	tracked.ram = ram;
}

void workaround_flush_tlb(void)
{
	if (tracked.cpu)
		tlb_flush_aarch64(tracked.cpu);
}

void workaround_watch(void (*before)(void *ctx, uint64_t pc), void *ctx)
{
	tracked.before = before;
	tracked.ctx = ctx;
}

void workaround_detach(void)
{
	uint64_t slow = tracked.slow;

	free(tracked.code);
	memset(&tracked, 0, sizeof(tracked));
	tracked.slow = slow;
}

uint64_t workaround_slow_stores(void)
{
	return tracked.slow;
}

void *__wrap_tb_gen_code_aarch64(
	void *cpu, uint64_t pc, uint64_t cs_base, uint32_t flags, int cflags)
{
	tracked.cpu = cpu;
	if (tracked.before)
		tracked.before(tracked.ctx, pc);
	return __real_tb_gen_code_aarch64(cpu, pc, cs_base, flags, cflags);
}

/* The first code of a page was translated: stores to it must be noticed from now on. */
void __wrap_tlb_protect_code_aarch64(void *uc, uint64_t ram_addr)
{
	uint64_t page = ram_addr >> TLB_PAGE_BITS;

	if (tracked.cpu && page < tracked.pages && !tracked.code[page]) {
		tracked.code[page] = 1;
		tlb_flush_page_aarch64(tracked.cpu, tracked.base + (page << TLB_PAGE_BITS));
	}
	__real_tlb_protect_code_aarch64(uc, ram_addr);
}

/* The last code of a page was dropped. */
void __wrap_tlb_unprotect_code_aarch64(void *uc, uint64_t ram_addr)
{
	uint64_t page = ram_addr >> TLB_PAGE_BITS;

	if (page < tracked.pages)
		tracked.code[page] = 0;
	__real_tlb_unprotect_code_aarch64(uc, ram_addr);
}

void *__wrap_page_collection_lock_aarch64(void *uc, uint64_t start, uint64_t end)
{
	uint64_t first = start >> TLB_PAGE_BITS, last = end >> TLB_PAGE_BITS;

	tracked.slow++;
	if (!tracked.cpu || last >= tracked.pages || last - first > 1 || tracked.code[first] ||
		tracked.code[last])
		return __real_page_collection_lock_aarch64(uc, start, end);
	tlb_set_dirty_aarch64(tracked.cpu, tracked.base + start);
	return &nothing_locked;
}

void __wrap_tb_invalidate_phys_page_fast_aarch64(
	void *uc, void *set, uint64_t start, int len, uintptr_t retaddr)
{
	uint64_t page = start >> TLB_PAGE_BITS << TLB_PAGE_BITS;

	if (set == &nothing_locked)
		return;
	/* Where the library forgets that there is code in this page, there must be none. */
	if (WORKAROUND_WHOLE_PAGES)
		tb_invalidate_phys_range_aarch64(uc, page, page + (1u << TLB_PAGE_BITS));
	else
		__real_tb_invalidate_phys_page_fast_aarch64(uc, set, start, len, retaddr);
}

/* What was translated is in a page that is protected already: see __wrap_tlb_protect_code_aarch64(). */
void __wrap_tlb_reset_dirty_by_vaddr_aarch64(void *cpu, uint64_t start, uint64_t len)
{
	(void)cpu, (void)start, (void)len;
}

void __wrap_page_collection_unlock_aarch64(void *set)
{
	if (set != &nothing_locked)
		__real_page_collection_unlock_aarch64(set);
}

/* The library would map 1 GiB. When the buffer is full, all translations are dropped. */
void __wrap_tcg_exec_init_aarch64(void *uc, unsigned long buffer_size)
{
	(void)buffer_size;
	__real_tcg_exec_init_aarch64(uc, WORKAROUND_BUFFER);
}

/*
 * The library has never marked its buffer as taken when it is full for the first
 * time, and so begins anew without forgetting what is in it. NULL makes the
 * caller flush, as it does from the second time on.
 */
void *__wrap_tcg_tb_alloc_aarch64(void *tcg)
{
	char *tb = __real_tcg_tb_alloc_aarch64(tcg);

	/* The library asks for large pages, of which the last would stand empty. */
	if (tb && !tracked.newest)
		madvise((void *)((uintptr_t)tb & ~(uintptr_t)(PAGE_SIZE - 1)),
			WORKAROUND_BUFFER - PAGE_SIZE, MADV_NOHUGEPAGE);
	if (tb && tracked.newest && tracked.newest - tb > WORKAROUND_BUFFER / 2)
		tb = NULL;
	tracked.newest = tb;
	return tb;
}

/* The TLB maps a page from now on: the guest may read there, and write. */
void __wrap_tlb_set_page_with_attrs_aarch64(void *cpu, uint64_t virtual, uint64_t physical,
	uint32_t attributes, int protection, int index, uint64_t size)
{
	uint64_t part = (physical - tracked.base) >> TLB_PAGE_BITS;

	if (tracked.ram && part < tracked.pages)
		guest_reach(tracked.ram, part);
	__real_tlb_set_page_with_attrs_aarch64(
		cpu, virtual, physical, attributes, protection, index, size);
}
