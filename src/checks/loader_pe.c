/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader family's checks of the EFI programs themselves: their PE headers
 * (VM-3), SBAT generations and Authenticode signatures. What each program is
 * and where it leads is checked in loader.c. Certificates' dates are not
 * judged: firmware has no clock to trust and ignores them.
 */
#include <errno.h>
#include <string.h>

#include "checks/fixes.h"
#include "checks/groups.h"
#include "image/image.h"
#include "image/programs.h"
#include "loader/chain.h"

#define REINSTALL "reinstall the package that it comes from and copy it to the ESP again"
#define REUKI                                                                                              \
	"build the unified kernel image again (kernel-install add, ukify build, dracut --uefi), and copy " \
	"it to the ESP whole"
#define REBUILD "take the program as its vendor built it, or link it again with a current linker"
#define RESIGN  "install shim and the loaders behind it from the same distribution, or remove shim"

/* Which problems of a header a check is about. */
struct pe_rule {
	const char *advice;
	uint32_t codes; /* a bit per enum pe_problem_code */
};

#define BIT(code) (1u << (code))

/* The programs; skips when there is none. Returns 1 when there is something to judge. */
static int programs_of(
	struct image *image, struct findings *f, const struct efi_programs **out, struct err *err)
{
	int ret = image_programs(image, out, err);

	if (ret < 0)
		return ret;
	if ((*out)->n)
		return 1;
	finding_skip_for(
		f, "esp.fallback-loader", "there is no EFI program for AArch64 in \\EFI\\BOOT");
	return 0;
}

static bool is_unified(const struct efi_program *p)
{
	return p->is_pe && pe_section(&p->pe, ".linux", 0);
}

/* What the default entry boots and is no kernel at all, for which loader.kernel-program reports. */
static bool is_no_kernel(struct image *image, const struct efi_program *program, struct findings *f)
{
	const struct boot_chain *chain;

	/* What is in a unified one may be none, and its own headers matter all the same. */
	if ((is_unified(program) && program->pe.machine == PE_MACHINE_AARCH64) ||
		image_chain(image, &chain, NULL) < 0)
		return false;
	for (size_t i = 0; i < chain->n_problems; i++) {
		const struct chain_problem *p = &chain->problems[i];

		if (p->code == CHAIN_KERNEL_ARCH && p->certain && p->on_default &&
			strcmp(p->where, program->where) == 0) {
			finding_skip_for(f, "loader.kernel-program",
				"what the default entry boots is no kernel");
			return true;
		}
	}
	return false;
}

/* What its headers hold matters on the machine that it is for; that this is another, loader.pe-machine reports. */
static bool runs_here(struct image *image, const struct efi_program *p, struct findings *f)
{
	if (!p->is_pe || is_no_kernel(image, p, f))
		return false;
	if (p->pe.machine != PE_MACHINE_AARCH64)
		finding_skip_for(f, "loader.pe-machine", "one of them is for another machine");
	return p->pe.machine == PE_MACHINE_AARCH64;
}

/* A unified kernel image is of no package: the guest makes it. */
static const char *again(const struct efi_program *p)
{
	return is_unified(p) ? REUKI : REINSTALL;
}

static const char *advice_for(const struct pe_rule *rule, const struct efi_program *p)
{
	return strcmp(rule->advice, REINSTALL) == 0 ? again(p) : rule->advice;
}

static void judge_problems(struct image *image, const struct efi_program *v, size_t n,
	const struct pe_rule *rule, struct findings *f)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].pe.n_problems; k++)
			if (rule->codes & BIT(v[i].pe.problems[k].code) &&
				runs_here(image, &v[i], f))
				finding_add(f, v[i].where, advice_for(rule, &v[i]), "%s",
					v[i].pe.problems[k].text);
}

static int run_problems(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	const struct pe_rule *rule = finding_rule(f)->pe;
	int ret = programs_of(image, f, &ps, err);

	if (ret <= 0)
		return ret;
	judge_problems(image, ps->v, ps->n, rule, f);
	/* GRUB starts a kernel from elsewhere with fewer demands, but all of it has to be there. */
	if (rule->codes & BIT(PE_P_SECTION_CUT))
		judge_problems(image, ps->kernels, ps->n_kernels, rule, f);
	return 0;
}

static const char *format_advice(enum pe_looks looks)
{
	switch (looks) {
	case PE_LOOKS_GZIP:
	case PE_LOOKS_XZ:
	case PE_LOOKS_ZSTD:
	case PE_LOOKS_LZ4:
		return "put the uncompressed file there: firmware unpacks nothing";
	case PE_LOOKS_LINUX_ARM64:
	case PE_LOOKS_LINUX_ARM:
		return "use a kernel that was built with CONFIG_EFI_STUB";
	case PE_LOOKS_ELF:
		return "put the loader's .efi file there, not the ELF file that it is made from";
	default:
		return REINSTALL;
	}
}

static int run_format(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = programs_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++) {
		const struct efi_program *p = &ps->v[i];

		if (p->is_pe || is_no_kernel(image, p, f))
			continue;
		if (p->is_fallback && !p->entry.size)
			finding_skip_for(f, "esp.fallback-loader", "the fallback loader is empty");
		else
			finding_add(f, p->where, format_advice(p->pe.looks), "%s", p->why.text);
	}
	return ret < 0 ? ret : 0;
}

static int run_machine(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = programs_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++) {
		const struct pe *pe = &ps->v[i].pe;
		const char *name = pe_machine_name(pe->machine);

		if (!ps->v[i].is_pe || pe->machine == PE_MACHINE_AARCH64 ||
			is_no_kernel(image, &ps->v[i], f))
			continue;
		if (name)
			finding_add(f, ps->v[i].where, "install the arm64 build of this program",
				"is a program for %s, not for AArch64", name);
		else
			finding_add(f, ps->v[i].where, "install the arm64 build of this program",
				"is a program for machine 0x%04x, not for AArch64", pe->machine);
	}
	return ret < 0 ? ret : 0;
}

static int run_subsystem(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = programs_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++) {
		const struct pe *pe = &ps->v[i].pe;
		const char *name = pe_subsystem_name(pe->subsystem);

		if (ps->v[i].is_pe && pe->subsystem != PE_SUBSYSTEM_EFI_APPLICATION &&
			runs_here(image, &ps->v[i], f))
			finding_add(f, ps->v[i].where, again(&ps->v[i]),
				"its subsystem is %u (%s), not 10 (EFI application)", pe->subsystem,
				name ? name : "unknown");
	}
	return ret < 0 ? ret : 0;
}

/*
 * Where the fallback loader does not claim it either, nothing that enforces it
 * gets past that one, and saying so of every image of today would help nobody.
 */
static int run_nx(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = programs_of(image, f, &ps, err);

	if (ret <= 0)
		return ret;
	if (!ps->v[0].is_pe || !(ps->v[0].pe.dll_characteristics & PE_DLL_NX_COMPAT)) {
		finding_skip(f, "the first program is without NX_COMPAT, so nothing enforces it");
		return 0;
	}
	for (size_t i = 1; i < ps->n; i++)
		if (ps->v[i].is_pe && !(ps->v[i].pe.dll_characteristics & PE_DLL_NX_COMPAT) &&
			runs_here(image, &ps->v[i], f))
			finding_add(f, ps->v[i].where, "take a build of it with NX_COMPAT",
				"is without NX_COMPAT, though the fallback loader has it");
	return 0;
}

/* The programs, when the fallback is a shim; else skips. */
static int shim_of(
	struct image *image, struct findings *f, const struct efi_programs **out, struct err *err)
{
	int ret = programs_of(image, f, out, err);

	if (ret > 0 && !(*out)->shim) {
		finding_skip(f, "the fallback loader is not a shim");
		return 0;
	}
	return ret;
}

static int run_sbat(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = shim_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++) {
		const struct efi_program *p = &ps->v[i];

		if (!p->by_shim || !runs_here(image, p, f))
			continue;
		if (!p->has_sbat)
			finding_add(f, p->where, RESIGN,
				"has no .sbat section, so that shim refuses it under Secure Boot");
		else if (p->sbat.problem)
			finding_add(f, p->where, RESIGN,
				"its .sbat section is malformed (%s), so that shim refuses it under Secure Boot",
				p->sbat.problem);
	}
	return ret < 0 ? ret : 0;
}

/* Holds every program that shim starts against one level of that shim. */
static int judge_level(struct image *image, struct findings *f, bool latest, struct err *err)
{
	const struct efi_programs *ps;
	const struct sbat *level;
	int ret = shim_of(image, f, &ps, err);

	if (ret <= 0)
		return ret;
	if (!ps->shim->has_levels) {
		finding_skip(f, "this shim carries no revocation levels");
		return 0;
	}
	level = latest ? &ps->shim->levels.latest : &ps->shim->levels.automatic;
	for (size_t i = 0; i < ps->n; i++) {
		const struct efi_program *p = &ps->v[i];
		const struct sbat_entry *e = sbat_revoked(&p->sbat, level);

		/* What the automatic level revokes is said once, as an error. */
		if (!p->by_shim || !e || !runs_here(image, p, f) ||
			(latest && sbat_revoked(&p->sbat, &ps->shim->levels.automatic)))
			continue;
		finding_add(f, p->where,
			"update the loader to what this shim's vendor ships with it",
			"component %s is of generation %u; shim's level of %s allows %u and newer",
			e->component, e->generation, level->v[0].rest,
			sbat_find(level, e->component)->generation);
	}
	return 0;
}

static int run_sbat_revoked(struct image *image, struct findings *f, struct err *err)
{
	return judge_level(image, f, false, err);
}

static int run_sbat_latest(struct image *image, struct findings *f, struct err *err)
{
	return judge_level(image, f, true, err);
}

static bool any_signed(const struct efi_programs *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].signatures.n)
			return true;
	return false;
}

/* The programs, when one is signed; else skips. */
static int signed_of(
	struct image *image, struct findings *f, const struct efi_programs **out, struct err *err)
{
	int ret = programs_of(image, f, out, err);

	if (ret > 0 && !any_signed(*out)) {
		finding_skip(f, "no program of the boot chain is signed");
		return 0;
	}
	return ret;
}

static int run_digest(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = signed_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++)
		for (size_t k = 0; k < ps->v[i].signatures.n && runs_here(image, &ps->v[i], f);
			k++) {
			const struct pe_signature *s = &ps->v[i].signatures.v[k];
			const char *where = ps->v[i].where;

			if (s->problem)
				finding_add(f, where, again(&ps->v[i]),
					"signature %zu cannot be verified: %s", k + 1, s->problem);
			else if (!s->digest_ok)
				finding_add(f, where, again(&ps->v[i]),
					"was changed after %s signed it: its %s digest is another",
					*s->signer ? s->signer : "somebody", pe_hash_name(s->hash));
			else if (!s->signature_ok)
				finding_add(f, where, again(&ps->v[i]),
					"signature %zu is not one of the certificate that it names",
					k + 1);
		}
	return ret < 0 ? ret : 0;
}

/* Debian's kernels are signed whatever starts them, so that they say nothing about what an image is for. */
static bool any_loader_signed(const struct efi_programs *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].signatures.n && !ps->v[i].is_kernel)
			return true;
	return false;
}

static int run_unsigned(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = programs_of(image, f, &ps, err);

	if (ret <= 0)
		return ret;
	if (!any_loader_signed(ps))
		finding_skip(f, "no loader is signed: this boots without Secure Boot only");
	else if (ps->v[0].is_fallback && ps->v[0].is_pe && !ps->v[0].signatures.n)
		finding_add(f, ps->v[0].where,
			"put the signed shim there, or boot this image without Secure Boot",
			"is not signed, though loaders behind it are: it does not start under Secure Boot");
	return 0;
}

/* Whether a program's signatures are all broken, which loader.signature-digest says. */
static bool is_changed(const struct efi_program *p)
{
	for (size_t i = 0; i < p->signatures.n; i++) {
		const struct pe_signature *s = &p->signatures.v[i];

		if (!s->problem && s->digest_ok && s->signature_ok)
			return false;
	}
	return p->signatures.n > 0;
}

/* The programs, when the image's shim is signed and carries a certificate; else skips. */
static int signed_shim_of(
	struct image *image, struct findings *f, const struct efi_programs **out, struct err *err)
{
	int ret = shim_of(image, f, out, err);

	if (ret > 0 && (!(*out)->shim->signatures.n || !(*out)->shim->has_vendor)) {
		finding_skip(f, "this shim is not signed, or carries no certificate");
		return 0;
	}
	return ret;
}

static void judge_trust(
	const struct efi_programs *ps, const struct efi_program *p, struct findings *f)
{
	switch (pe_trusted(&ps->shim->vendor, &p->signatures, p->has_digest ? p->sha256 : NULL)) {
	case PE_TRUST_CERT:
	case PE_TRUST_HASH:
		break;
	case PE_TRUST_DENIED:
		finding_add(f, p->where, RESIGN, "is on the shim's own list of revoked programs");
		break;
	case PE_TRUST_NONE:
		finding_add(f, p->where, RESIGN, "%s, so that it does not start under Secure Boot",
			p->signatures.n
				? "no signature of it leads to a certificate in the image's shim"
				: "is not signed, but started by a signed shim");
		break;
	}
}

static int run_trust(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_programs *ps;
	int ret = signed_shim_of(image, f, &ps, err);

	for (size_t i = 0; ret > 0 && i < ps->n; i++)
		if (ps->v[i].by_shim && !is_changed(&ps->v[i]) && runs_here(image, &ps->v[i], f))
			judge_trust(ps, &ps->v[i], f);
	return ret < 0 ? ret : 0;
}

/* GRUB and systemd-boot under a shim ask that shim about a kernel. */
static int run_kernel_trust(struct image *image, struct findings *f, struct err *err)
{
	const struct efi_program *packed = NULL;
	const struct efi_programs *ps;
	int ret = signed_shim_of(image, f, &ps, err);

	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].is_kernel && !is_changed(&ps->v[i]) && runs_here(image, &ps->v[i], f))
			judge_trust(ps, &ps->v[i], f);
	for (size_t i = 0; i < ps->n_kernels; i++) {
		const struct efi_program *k = &ps->kernels[i];

		if (k->is_pe && runs_here(image, k, f))
			judge_trust(ps, k, f);
		else if (k->is_pe || is_no_kernel(image, k, f))
			continue;
		else if (k->pe.looks == PE_LOOKS_GZIP)
			packed = k; /* GRUB has shim verify what it unpacked */
		else if (k->why.code == ENOEXEC)
			finding_add(f, k->where, "install a signed kernel",
				"%s, without a signature that shim could verify", k->why.text);
		else if (k->why.code != ENOENT) /* a missing one is reported in loader.c */
			return err_set(err, k->why.code, "%s", k->why.text);
	}
	if (packed)
		finding_skip(f, "the signature is inside of a compressed file: %s", packed->where);
	return 0;
}

#define PECOFF "VM-3; PE/COFF"

static const struct check checks[] = {
	{ "loader.pe-format", SEV_ERROR, "VM-3; UEFI 2.10 2.1.1",
		"every program of the boot chain is a PE file", NEED_ESP, run_format,
		.fix = fix_programs },
	{ "loader.pe-machine", SEV_ERROR, "VM-6; UEFI 2.10 3.5.1.1",
		"they are programs for AArch64", NEED_ESP, run_machine, .fix = fix_programs },
	{ "loader.pe-subsystem", SEV_ERROR, "VM-3; UEFI 2.10 2.1.2", "they are EFI applications",
		NEED_ESP, run_subsystem, .fix = fix_programs },
	{ "loader.pe-truncated", SEV_ERROR, PECOFF, "no program is cut short", NEED_ESP,
		run_problems,
		RULE(pe, REINSTALL,
			BIT(PE_P_HEADERS_CUT) | BIT(PE_P_SECTION_CUT) | BIT(PE_P_CERT_CUT)),
		.fix = fix_programs },
	{ "loader.pe-headers", SEV_ERROR, PECOFF, "the sizes in their headers agree", NEED_ESP,
		run_problems,
		RULE(pe, REINSTALL,
			BIT(PE_P_OPTIONAL_HEADER) | BIT(PE_P_MAGIC_MACHINE) |
				BIT(PE_P_SIZE_OF_HEADERS) | BIT(PE_P_NO_SECTIONS) |
				BIT(PE_P_DEBUG_DIR) | BIT(PE_P_RESOURCE_DIR)),
		.fix = fix_programs },
	{ "loader.pe-sections", SEV_ERROR, PECOFF, "their sections lie apart, inside of the image",
		NEED_ESP, run_problems,
		RULE(pe, REINSTALL,
			BIT(PE_P_SECTION_HEADERS) | BIT(PE_P_SECTION_OUTSIDE) |
				BIT(PE_P_SECTIONS_OVERLAP)),
		.fix = fix_programs },
	{ "loader.pe-entry-point", SEV_ERROR, PECOFF, "their entry points are in code", NEED_ESP,
		run_problems,
		RULE(pe, REINSTALL, BIT(PE_P_ENTRY_OUTSIDE) | BIT(PE_P_ENTRY_NO_EXEC)),
		.fix = fix_programs },
	{ "loader.pe-relocations", SEV_ERROR, PECOFF, "they run at any address", NEED_ESP,
		run_problems, RULE(pe, REINSTALL, BIT(PE_P_RELOCS_STRIPPED) | BIT(PE_P_RELOC_DIR)),
		.fix = fix_programs },
	{ "loader.pe-layout", SEV_WARNING, PECOFF, "their layout keeps to the format's rules",
		NEED_ESP, run_problems,
		RULE(pe, REBUILD,
			BIT(PE_P_ALIGNMENT) | BIT(PE_P_SECTION_UNALIGNED) | BIT(PE_P_RAW_OVERLAP) |
				BIT(PE_P_NOT_EXECUTABLE) | BIT(PE_P_TOO_MANY_SECTIONS)) },
	{ "loader.pe-writable-code", SEV_NOTE, PECOFF, "no section is writable and executable",
		NEED_ESP, run_problems, RULE(pe, REBUILD, BIT(PE_P_SECTION_WX)) },
	{ "loader.pe-nx", SEV_NOTE, PECOFF,
		"they claim memory protection as far as the fallback loader does", NEED_ESP,
		run_nx },
	{ "loader.sbat", SEV_WARNING, "SBAT", "what shim starts has an SBAT section", NEED_ESP,
		run_sbat },
	{ "loader.sbat-revoked", SEV_ERROR, "SBAT", "the image's shim does not revoke its loaders",
		NEED_ESP, run_sbat_revoked },
	{ "loader.sbat-latest", SEV_NOTE, "SBAT", "nor do the newest revocations that it carries",
		NEED_ESP, run_sbat_latest },
	{ "loader.signature-table", SEV_WARNING, "PE/COFF; UEFI 2.10 32.5.3",
		"certificate tables are well formed", NEED_ESP, run_problems,
		RULE(pe, "sign the program again",
			BIT(PE_P_CERT_UNALIGNED) | BIT(PE_P_CERT_ENTRY) |
				BIT(PE_P_CERT_TRAILING)) },
	{ "loader.signature-digest", SEV_ERROR, "UEFI 2.10 32.5.3",
		"signed programs are as they were signed", NEED_ESP, run_digest,
		.fix = fix_programs },
	{ "loader.signature-missing", SEV_NOTE, "UEFI 2.10 32.5.3",
		"the fallback loader is signed when its successors are", NEED_ESP, run_unsigned },
	{ "loader.signature-chain", SEV_WARNING, "UEFI 2.10 32.5.3; SBAT",
		"the image's shim trusts what it starts", NEED_ESP, run_trust },
	{ "loader.signature-kernel", SEV_WARNING, "UEFI 2.10 32.5.3; SBAT",
		"the image's shim trusts the kernels that it boots", NEED_CHAIN, run_kernel_trust },
};

const struct check_group loader_pe_checks = CHECK_GROUP(checks);
