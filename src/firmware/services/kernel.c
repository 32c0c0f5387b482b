/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a Linux kernel begins. See kernel.h.
 *
 * That is where control reaches a block of code, after boot services, with x0
 * at a device tree and x1 to x3 zero, which lies in memory that holds a kernel:
 * the header of an arm64 Image says where it begins and how long it is (Linux,
 * booting.rst), and a kernel has its banner in it; Xen and others have the
 * header alone. The entry is the header, or where the branch in it leads, to which the
 * stubs of some versions go at once. A loader may put the kernel anywhere, so every
 * block is looked at. systemd 262's stub
 * puts the sections of its kernel into memory and leaves the header in its own
 * image.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/image.h"
#include "firmware/cpu/cpu.h"
#include "firmware/services/held_file.h"
#include "firmware/services/kernel.h"

#define FDT_MAGIC    0xd00dfeedu
#define FDT_SIZE_MAX (2u << 20) /* booting.rst */

#define HEADER_CODES      2 /* instructions that it begins with */
#define HEADER_IMAGE_SIZE 16
#define HEADER_MAGIC      56
#define HEADER_SIZE       64

#define RELEASE_MAX 256

/*
 * A kernel's stub comes to the entry within a few thousand; copying and cleaning caches by lines takes the most. What is
 * read to find a kernel counts as blocks that take as long.
 */
#define BLOCKS_MAX      (UINT64_C(16) << 20)
#define BYTES_PER_BLOCK 256
/* Each compares a page with all of an image's. */
#define SEARCHES_MAX    8

char *kernel_release(const uint8_t *image, uint64_t size)
{
	static const char banner[] = "Linux version ";
	const uint8_t *p = image, *end = image + size;

	while (p && (p = memmem(p, (size_t)(end - p), banner, sizeof(banner) - 1))) {
		size_t n = 0;

		p += sizeof(banner) - 1;
		while (p + n < end && n < RELEASE_MAX && p[n] > ' ' && p[n] < 0x7f)
			n++;
		/* There is a format string, too: "Linux version %s". */
		if (n && p[0] != '%')
			return xstrndup((const char *)p, n);
	}
	return NULL;
}

#define B      0x14000000u /* b, with the distance in words in the other bits */
#define B_MASK 0xfc000000u

/* Where an instruction at `at` branches to. */
static bool branch_target(uint32_t instruction, uint64_t at, uint64_t *target)
{
	uint64_t words = instruction & ~B_MASK;

	if ((instruction & B_MASK) != B)
		return false;
	*target = at + 4 * (words ^ 0x2000000) - 4 * UINT64_C(0x2000000);
	return true;
}

/* Whether a kernel begins so far behind its header. One without a branch says nothing of it. */
static bool is_beginning(struct machine *m, const uint8_t *head, uint64_t offset)
{
	bool branches = false;
	uint64_t target;

	for (unsigned i = 0; i < HEADER_CODES; i++)
		if (branch_target(le32(head + 4 * i), 4 * i, &target)) {
			branches = true;
			if (target == offset)
				return true;
		}
	if (!branches || offset == 0)
		return true;
	/* Within a kernel, but not at its beginning: it may come there yet. */
	m->kernel.searched = false;
	return false;
}

/* Whether an Image whose header is at `at` is entered at pc. Before Linux 3.17 it says no size. */
static bool begins(struct machine *m, uint64_t at, uint64_t pc, uint64_t *size)
{
	const uint8_t *head = guest_in(m->ram, gaddr(at), HEADER_SIZE);

	if (!head || memcmp(head + HEADER_MAGIC, "ARM\x64", 4) != 0)
		return false;
	*size = le64(head + HEADER_IMAGE_SIZE);
	return pc - at < *size && guest_ok(m->ram, gaddr(at), *size) &&
	       is_beginning(m, head, pc - at);
}

static bool has_banner(struct machine *m, uint64_t at, uint64_t size)
{
	const uint8_t *image = guest_in(m->ram, gaddr(at), size);

	m->kernel.blocks += size / BYTES_PER_BLOCK;
	m->kernel.release = image ? kernel_release(image, size) : NULL;
	if (!m->kernel.release)
		return false;
	m->kernel.base = gaddr(at);
	m->kernel.size = size;
	return true;
}

/* The kernel at `at`, when there is one that begins at pc. */
static bool is_kernel_at(struct machine *m, uint64_t at, uint64_t pc)
{
	uint64_t size;

	return begins(m, at, pc, &size) && has_banner(m, at, size);
}

/*
 * The memory that pc lies in begins with a kernel when it was allocated for it; else its header
 * is on some page before.
 */
static bool find_kernel(struct machine *m, uint64_t pc)
{
	const struct page_range *r = pages_find(&m->pages, pc);
	uint64_t start = r ? r->start : pc & ~(PAGE_SIZE - 1), size;
	struct gaddr base;

	if (image_range(m, pc, &base, &size))
		start = base.v;
	if (is_kernel_at(m, start, pc))
		return true;
	for (uint64_t at = pc & ~(PAGE_SIZE - 1); at > start && m->kernel.blocks++ < BLOCKS_MAX;
		at -= PAGE_SIZE)
		if (is_kernel_at(m, at, pc))
			return true;
	return false;
}

/* A kernel that was put into memory without its header: where its file holds the page that pc is in, the header would be. */
static bool find_copied_kernel(struct machine *m, uint64_t pc)
{
	uint64_t here = pc & ~(PAGE_SIZE - 1), size;
	struct held_file file = { 0 };

	if (m->kernel.searches++ >= SEARCHES_MAX)
		return false;
	while (m->kernel.blocks < BLOCKS_MAX && held_file_next(m, pc, &file)) {
		const uint8_t *head = guest_in(m->ram, file.at, HEADER_SIZE);

		if (!head || memcmp(head + HEADER_MAGIC, "ARM\x64", 4) != 0)
			continue;
		size = le64(head + HEADER_IMAGE_SIZE);
		if (file.offset < size && file.offset <= here &&
			is_beginning(m, head, file.offset + (pc - here)) &&
			has_banner(m, here - file.offset, size)) {
			m->kernel.file = file.at;
			return true;
		}
	}
	return false;
}

static bool has_registers(struct machine *m, struct cpu *cpu)
{
	uint64_t fdt = cpu_get(cpu, CPU_X0);
	const uint8_t *p;

	if ((fdt & 7) || cpu_get(cpu, 1) || cpu_get(cpu, 2) || cpu_get(cpu, 3))
		return false;
	p = guest_in(m->ram, gaddr(fdt), 40);
	return p && be32(p) == FDT_MAGIC && be32(p + 4) <= FDT_SIZE_MAX &&
	       guest_ok(m->ram, gaddr(fdt), be32(p + 4));
}

/* Whether pc is on the page of the block before, which was no kernel's: control comes to a kernel from elsewhere. */
static bool is_known_page(struct kernel *k, uint64_t pc)
{
	uint64_t page = pc / PAGE_SIZE;

	if (page != k->page)
		k->searched = false;
	k->page = page;
	return k->searched;
}

/* The header's size has what is not in the file, too, and that is cleared before the tree is read (booting.rst). */
static bool tree_is_lost(struct machine *m)
{
	const uint8_t *p = guest_in(m->ram, m->kernel.fdt, 8);
	uint64_t end = m->kernel.fdt.v + (p ? be32(p + 4) : 0);

	guest_revoke(m->ram);
	return m->kernel.fdt.v < m->kernel.base.v + m->kernel.size && end > m->kernel.base.v;
}

static bool is_kernel_entry(void *ctx, struct cpu *cpu, uint64_t pc)
{
	struct machine *m = ctx;
	bool found;

	if (++m->kernel.blocks > BLOCKS_MAX) {
		run_end(&m->run, VERDICT_BUDGET, "it runs on and on");
		return true;
	}
	if (is_known_page(&m->kernel, pc) || !has_registers(m, cpu))
		return false;
	m->kernel.searched = true;
	found = find_kernel(m, pc) || find_copied_kernel(m, pc);
	guest_revoke(m->ram);
	if (!found)
		return false;
	m->kernel.entry = gaddr(pc);
	m->kernel.fdt = gaddr(cpu_get(cpu, CPU_X0));
	if (tree_is_lost(m))
		run_end(&m->run, VERDICT_FAULT,
			"the kernel was entered with a device tree in the memory that is its own and that it clears");
	else
		run_end(&m->run, VERDICT_KERNEL, "the kernel was entered");
	return true;
}

void kernel_watch(struct machine *m)
{
	uint64_t caller = cpu_get(m->cpu, CPU_LR), size;
	struct gaddr base;

	m->kernel.caller = gaddr(caller);
	if (!image_range(m, caller, &base, &size)) {
		/* Its code was loaded by somebody else: shim loads GRUB itself. */
		const struct page_range *r = pages_find(&m->pages, caller);

		base = gaddr(r ? r->start : caller & ~(PAGE_SIZE - 1));
		size = r ? r->pages * PAGE_SIZE : PAGE_SIZE;
	}
	m->kernel.image = base;
	m->kernel.image_size = size;
	cpu_watch_blocks(m->cpu, is_kernel_entry, base, size);
}
