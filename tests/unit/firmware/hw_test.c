/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware description against its specifications and against other
 * people's readers: libfdt and dtc, iasl, dmidecode.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/hw/hw.h"
#include "firmware/hw/tree.h"
#include "tap.h"

static const struct hw_config config = { .ram_base = UINT64_C(0x40000000),
	.ram_size = UINT64_C(1) << 30 };

static char dir[] = "/tmp/armvm-hw-XXXXXX";

/*
 * Runs `command` with %s replaced by the name of a file that holds the bytes;
 * it passes when the command succeeds. Skipped when the tool is not there.
 */
static void oracle(
	const char *tool, const char *format, const void *bytes, size_t size, const char *what)
{
	CLEANUP(xfree) char *file = xasprintf("%s/table.aml", dir);
	CLEANUP(xfree) char *command = xasprintf(format, file);
	FILE *f;

	if (!tap_has(what, tool))
		return;
	f = fopen(file, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
		ok(false, "%s: cannot write %s", what, file);
		return;
	}
	ok(system(command) == 0, "%s", what);
}

static uint8_t sum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t s = 0;

	while (n--)
		s = (uint8_t)(s + *b++);
	return s;
}

static void test_fdt(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const uint8_t *reg;
	int node, len;

	is_int(hw_fdt(&config, &b, NULL), 0, "a device tree is made");
	is_int(fdt_check_full(buf_bytes(&b), b.len), 0, "libfdt finds it whole");
	node = fdt_path_offset(buf_bytes(&b), "/memory@40000000");
	reg = fdt_getprop(buf_bytes(&b), node, "reg", &len);
	ok(reg && len == 16 && be64(reg) == config.ram_base && be64(reg + 8) == config.ram_size,
		"it has the memory");
	ok(fdt_path_offset(buf_bytes(&b), "/cpus/cpu@0") >= 0, "and a processor");
	ok(fdt_path_offset(buf_bytes(&b), "/cpus/cpu@1") < 0, "but no second");
	is_str(fdt_getprop(buf_bytes(&b), fdt_path_offset(buf_bytes(&b), "/chosen"), "stdout-path",
		       NULL),
		"/pl011@9000000", "a console is chosen");
	ok(fdt_path_offset(buf_bytes(&b), "/pl011@9000000") >= 0, "and exists");
	ok(fdt_node_offset_by_compatible(buf_bytes(&b), -1, "arm,gic-v3") >= 0, "a GIC (VM-17)");
	ok(fdt_node_offset_by_compatible(buf_bytes(&b), -1, "arm,armv8-timer") >= 0,
		"a timer (VM-17)");
	ok(fdt_node_offset_by_compatible(buf_bytes(&b), -1, "arm,pl031") >= 0, "a clock (VM-12)");
	ok(fdt_node_offset_by_compatible(buf_bytes(&b), -1, "pci-host-ecam-generic") >= 0,
		"PCI (VM-18)");
	ok(fdt_node_offset_by_compatible(buf_bytes(&b), -1, "arm,psci-1.0") >= 0, "PSCI");
	oracle("dtc", "test -z \"$(dtc -q -q -I dtb -O dts -o /dev/null %s 2>&1)\"", buf_bytes(&b),
		b.len, "dtc reads it and has nothing to say");
	oracle("dtc", "! dtc -I dtb -O dts -o /dev/null %s 2>&1 | grep -i warning", buf_bytes(&b),
		b.len, "no warnings either");
}

static void test_acpi_table(const uint8_t *all, size_t size, uint64_t at)
{
	char name[5] = "";
	uint32_t len;
	CLEANUP(xfree) char *what = NULL;

	if (!ok(at % 4 == 0 && at + 36 <= size, "a table lies within"))
		return;
	memcpy(name, all + at, 4);
	len = le32(all + at + 4);
	if (!ok(len >= 36 && len <= size - at, "%s is whole", name))
		return;
	is_int(sum(all + at, len), 0, "its checksum");
	what = xasprintf("iasl disassembles %s without a complaint", name);
	oracle("iasl",
		"out=$(iasl -d %s 2>&1) && ! echo \"$out\" | grep -iE 'error|warning|invalid'",
		all + at, len, what);
}

static void test_acpi(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const uint64_t base = UINT64_C(0x7f000000);
	const uint8_t *p;
	uint64_t xsdt, fadt;
	size_t n;

	hw_acpi(base, &b);
	p = buf_bytes(&b);
	ok(b.len <= HW_ACPI_SIZE_MAX, "%zu bytes fit", b.len);
	ok(memcmp(p, "RSD PTR ", 8) == 0, "an RSDP");
	is_int(p[15], 2, "of revision 2");
	is_int(sum(p, 20), 0, "its checksum");
	is_int(sum(p, 36), 0, "its extended checksum");
	xsdt = le64(p + 24) - base;
	if (!ok(xsdt < b.len && memcmp(p + xsdt, "XSDT", 4) == 0, "the XSDT"))
		return;
	n = (le32(p + xsdt + 4) - 36) / 8;
	is_int(n, 5, "five tables in it");
	for (size_t i = 0; i < n; i++)
		test_acpi_table(p, b.len, le64(p + xsdt + 36 + 8 * i) - base);
	fadt = le64(p + xsdt + 36) - base;
	ok(memcmp(p + fadt, "FACP", 4) == 0, "the first is the FADT");
	ok(le32(p + fadt + 112) & 1u << 20, "hardware-reduced");
	is_int(le16(p + fadt + 129), 3, "PSCI by HVC");
	ok(le64(p + fadt + 140) - base < b.len &&
			memcmp(p + le64(p + fadt + 140) - base, "DSDT", 4) == 0,
		"it leads to the DSDT");
	test_acpi_table(p, b.len, le64(p + fadt + 140) - base);
}

static void test_smbios(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const uint64_t base = UINT64_C(0x7f000000);
	const struct hw_config large = { .ram_base = config.ram_base,
		.ram_size = UINT64_C(8) << 40 };
	const uint8_t *p;

	hw_smbios(&config, base, &b);
	p = buf_bytes(&b);
	ok(b.len <= HW_SMBIOS_SIZE_MAX, "%zu bytes fit", b.len);
	ok(memcmp(p, "_SM3_", 5) == 0, "an entry point");
	is_int(sum(p, p[6]), 0, "its checksum");
	is_int(le64(p + 16), base + HW_SMBIOS_TABLE, "it leads to the structures");
	is_int(le32(p + 12), b.len - HW_SMBIOS_TABLE, "and knows their size");
	ok(memcmp(buf_bytes(&b) + b.len - 6, "\x7f\x04\x00\x7f\0", 6) == 0, "the last is the end");
	buf_reset(&b);
	hw_smbios(&config, 0, &b); /* a dump of dmidecode has addresses from 0 on */
	oracle("dmidecode", "dmidecode --from-dump %s | grep -q 'Maximum Capacity: 1 Gi*B'",
		buf_bytes(&b), b.len, "dmidecode reads the memory");
	oracle("dmidecode",
		"! dmidecode --from-dump %s 2>&1 | grep -iE 'invalid|out of spec|wrong|truncated|bad'",
		buf_bytes(&b), b.len, "and finds nothing out of order");
	buf_reset(&b);
	hw_smbios(&large, 0, &b);
	oracle("dmidecode", "dmidecode --from-dump %s | grep -q 'Maximum Capacity: 8 Ti*B'",
		buf_bytes(&b), b.len, "and that of a very large machine");
}

/* A root with what is in it, and a node of that name. */
static void make_tree(uint8_t *out, size_t size, const char *compatible, const char *node)
{
	int r = fdt_create(out, (int)size);

	r = r ? r : fdt_finish_reservemap(out);
	r = r ? r : fdt_begin_node(out, "");
	if (compatible)
		r = r ? r
		      : fdt_property(out, "compatible", compatible, (int)strlen(compatible) + 1);
	if (node) {
		r = r ? r : fdt_begin_node(out, node);
		if (strcmp(node, "hypervisor") == 0)
			r = r ? r : fdt_property_string(out, "compatible", "xen,xen");
		r = r ? r : fdt_end_node(out);
	}
	r = r ? r : fdt_end_node(out);
	r = r ? r : fdt_finish(out);
	ok(r == 0, "a tree of %s with %s", compatible ? compatible : "nothing",
		node ? node : "nothing");
}

/* What loaders do to the firmware's tree leaves it the machine's. */
static void test_changed_tree(void)
{
	CLEANUP(buf_release) struct buf own = BUF_INIT;
	static uint8_t changed[32768];
	int r = hw_fdt(&config, &own, NULL);

	r = r ? r : fdt_open_into(buf_bytes(&own), changed, sizeof(changed));
	ok(r == 0 && tree_has_all(changed, buf_bytes(&own)), "the firmware's own has all of it");
	r = fdt_del_node(changed, fdt_path_offset(changed, "/memory@40000000"));
	r = r ? r
	      : fdt_setprop_string(changed, fdt_path_offset(changed, "/chosen"), "bootargs", "ro");
	r = r ? r : fdt_del_node(changed, fdt_path_offset(changed, "/chosen"));
	r = r ? r : fdt_add_subnode(changed, 0, "overlay") < 0;
	r = r ? r : fdt_setprop_string(changed, 0, "model", "changed");
	ok(r == 0 && tree_has_all(changed, buf_bytes(&own)),
		"so has one without memory, without /chosen, and with a node more");
	r = fdt_del_node(changed, fdt_path_offset(changed, "/pl011@9000000"));
	ok(r == 0 && !tree_has_all(changed, buf_bytes(&own)), "one without its console has not");
	ok(!tree_is_empty(changed), "and is not empty");
}

static void test_trees(void)
{
	_Alignas(8) static uint8_t t[4096];

	make_tree(t, sizeof(t), NULL, "chosen");
	ok(tree_is_empty(t) && !tree_compatible(t),
		"with /chosen alone it is empty, and of nothing");
	make_tree(t, sizeof(t), "xen,xenvm", "hypervisor");
	ok(tree_is_empty(t), "with what Xen says it is empty, too");
	make_tree(t, sizeof(t), "acme,board-1", "soc");
	ok(!tree_is_empty(t), "with a bus it is not");
	is_str(tree_compatible(t), "acme,board-1", "and says what it is of");
	is_int(tree_check(t, sizeof(t)), TREE_WHOLE, "it is whole");
	is_int(tree_check(t, 60), TREE_REFUSED, "but not when it is cut off");
	put_be32(t + fdt_off_dt_struct(t), 77);
	is_int(tree_check(t, sizeof(t)), TREE_DAMAGED, "with another beginning it is damaged");
	t[0] = 0;
	is_int(tree_check(t, sizeof(t)), TREE_REFUSED, "without its magic it is none");
}

int main(void)
{
	if (!ok(mkdtemp(dir) != NULL, "a folder for the tools"))
		return tap_done();
	test_fdt();
	test_changed_tree();
	test_trees();
	test_acpi();
	test_smbios();
	CLEANUP(xfree) char *clean = xasprintf("rm -rf %s", dir);
	ok(system(clean) == 0, "cleaned up");
	return tap_done();
}
