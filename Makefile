# SPDX-License-Identifier: GPL-2.0-or-later
#
# One makefile for everything; objects go to o/$(MODE)/. `make help` lists the targets.

MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
# Where Debian's python3, which runs Glance, looks for packages.
PYTHONDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib/python3/dist-packages,$(shell \
	/usr/bin/python3 -c 'import sys; print("$(PREFIX)/lib/python%d.%d/dist-packages" % sys.version_info[:2])' 2>/dev/null))
VERSION := 0.1.0
FUZZ_SECONDS ?= 60
O       := o/$(MODE)

# Sources, room by room: the rooms are the folders that src/ROOMS names.
ROOMS   := base uefi disk fat pe part esp rootfs loader nvram image verify plan checks worker build fix glance report
LIB_SRC := $(sort $(wildcard $(ROOMS:%=src/%/*.c)))
CLI_SRC := $(sort $(wildcard src/cli/*.c))
# armvm-firmware's own code, and the rooms that it shares: what its licence allows to meet
# libunicorn's (GPL-2.0-only). Anything else would not link, its libraries are not named.
FW_MAIN := src/firmware/main.c
FW_SRC  := $(filter-out $(FW_MAIN) src/firmware/cpu/workaround.c, \
	$(sort $(wildcard src/firmware/*.c src/firmware/*/*.c)))
FW_SHARED := $(sort $(wildcard src/base/*.c src/uefi/*.c src/disk/*.c src/pe/*.c) \
	$(filter-out src/fat/mtools.c,$(wildcard src/fat/*.c)) \
	src/part/bare.c src/part/gpt.c src/part/mbr.c src/part/read.c src/part/table.c)
FW_UNIT_SRC := $(sort $(wildcard tests/unit/firmware/*_test.c))
UNIT_SRC := $(filter-out $(FW_UNIT_SRC),$(sort $(wildcard tests/unit/*/*_test.c)))
FW_FUZZ_SRC := $(sort $(wildcard tests/fuzz/firmware_*_fuzz.c))
FUZZ_SRC := $(filter-out $(FW_FUZZ_SRC),$(sort $(wildcard tests/fuzz/*_fuzz.c)))

# Programs for the guest, one per subject: AArch64 code in PE, by clang and lld-link.
GUEST_SUBJECTS := $(filter-out child marker test,$(basename $(notdir $(sort $(wildcard tests/guest/*.c)))))
GUEST_BIN := $(GUEST_SUBJECTS:%=$(O)/guest/%.efi) $(O)/guest/child.efi $(O)/guest/marker.efi
GUEST_TOOLS := $(if $(shell command -v lld-link && command -v clang),$(GUEST_BIN))

GEN_SRC := $(O)/gen/manual_checks.c

LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o) $(GEN_SRC:.c=.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(O)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(O)/%)
LIB      := $(O)/libarmvm-image.a
BIN      := $(O)/armvm-image
FW_UNIT_BIN := $(FW_UNIT_SRC:%.c=$(O)/%)
FW_FUZZ_BIN := $(FW_FUZZ_SRC:%.c=$(O)/%)
FW_LIB   := $(O)/libarmvm-firmware.a
FW_BIN   := $(O)/armvm-firmware

# What there is in cpu/libunicorn.mk for this version of libunicorn: functions of the static library are
# wrapped. `make UNICORN_A= O=o/stock` takes the library as it is, as all other versions are taken.
include src/firmware/cpu/libunicorn.mk
UNICORN_VERSION := $(shell pkg-config --modversion unicorn 2>/dev/null | sed 's/^\([0-9.]*[0-9]\).*/\1/')
UNICORN_A := $(if $(UNICORN_WRAPS_$(UNICORN_VERSION)),$(shell $(CC) -print-file-name=libunicorn.a | grep /))
ifneq ($(UNICORN_A),)
UNICORN_LIBS := $(UNICORN_WRAPS_$(UNICORN_VERSION):%=-Wl,--wrap=%_aarch64) $(UNICORN_A) -lm
FW_SRC += src/firmware/cpu/workaround.c
WORKAROUND_TESTED := $(O)/workaround.tested
else
UNICORN_LIBS = $(shell pkg-config --libs unicorn)
WORKAROUND_TESTED :=
endif
# Named by what it says, so that another library makes anew what depends on it.
UNICORN_BUILT := $(O)/gen/libunicorn-$(UNICORN_VERSION)$(if $(UNICORN_A),-workarounds)
FW_OBJ   := $(FW_SRC:%.c=$(O)/%.o) $(FW_SHARED:%.c=$(O)/%.o) $(O)/gen/dsdt.o
FW_MAIN_OBJ := $(FW_MAIN:%.c=$(O)/%.o)

# Asked for when the first object is built, not before: `make deps` must work without them.
PKGS := libarchive libguestfs blkid fdisk libparted ext2fs com_err libnbd gnutls nettle libargon2 jansson zlib liblzma libzstd liblz4 lzo2 libsquashfs1
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)

FW_PKGS := libnbd gnutls nettle zlib
FW_PKG_LIBS = $(eval FW_PKG_LIBS := $$(shell pkg-config --libs $(FW_PKGS)))$(FW_PKG_LIBS)

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wconversion \
	-Wno-sign-conversion -Wno-missing-field-initializers -Wformat=2 -Wno-format-nonliteral -Wundef
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DARMVM_VERSION='"$(VERSION)"' -Isrc

OPT_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
OPT_dev     := -O1 -g -Werror
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_cov     := -O0 -g --coverage
OPT_fuzz    := -O1 -g -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION=1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LD_release  := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,pack-relative-relocs
LD_asan     := -fsanitize=address,undefined
LD_cov      := --coverage
LD_fuzz     := -fsanitize=address,undefined
ifeq ($(MODE),fuzz)
CC := clang
endif

ALL_CFLAGS  = -std=gnu11 $(WARN) $(OPT_$(MODE)) $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LD_$(MODE)) -Wl,--as-needed $(LDFLAGS)
# libargon2's threads end by pthread_exit(), for which glibc opens libgcc_s; a worker can open nothing.
LIBS        = $(PKG_LIBS) -lpthread -Wl,--no-as-needed -lgcc_s -Wl,--as-needed
FW_LIBS     = $(UNICORN_LIBS) $(FW_PKG_LIBS) -lfdt -lpthread

V ?= 0
ifeq ($(V),0)
Q   := @
say  = @printf '  %-5s %s\n' $(1) $(2);
else
say  =
endif

CHECKS_PAGE := $(O)/man/armvm-image-checks.7

.PHONY: all
all: $(BIN) $(FW_BIN) $(CHECKS_PAGE) $(WORKAROUND_TESTED)

$(BIN): $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(FW_BIN): $(FW_MAIN_OBJ) $(FW_LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(FW_LIBS)

$(FW_LIB): $(FW_OBJ)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(UNICORN_BUILT):
	@mkdir -p $(@D) && rm -f $(O)/gen/libunicorn-* && : >$@

$(O)/src/firmware/cpu/unicorn.o $(O)/src/firmware/cpu/workaround.o: $(UNICORN_BUILT) src/firmware/cpu/libunicorn.mk
$(O)/src/firmware/cpu/unicorn.o: CPPFLAGS += $(if $(UNICORN_A),-DCPU_WORKAROUNDS=1,-DCPU_WORKAROUNDS=0)
$(O)/src/firmware/cpu/workaround.o: CPPFLAGS += $(UNICORN_FLAGS_$(UNICORN_VERSION))

$(O)/workaround.tested: $(O)/tests/unit/firmware/workaround_test
	$(call say,TEST,$<)$< >$@.log 2>&1 && mv $@.log $@ || { cat $@.log; echo "libunicorn $(UNICORN_VERSION) is not" \
		"as src/firmware/cpu/libunicorn.mk says; \`make UNICORN_A=\` takes it as it is" >&2; exit 1; }

# The checks' manual entries, in the order of the report, as a page and for `explain`.
CHECK_GROUPS := container gpt gpt_partitions esp esp_fat loader loader_starts loader_updates loader_pe nvram guest guest_mounts guest_drivers guest_fs_drivers guest_volumes guest_verity guest_names guest_waits guest_stops guest_update guest_config guest_state boot_emulator boot_settle boot_scenarios boot
CHECK_ENTRIES := $(wildcard $(CHECK_GROUPS:%=man/checks/%.mdoc))

$(O)/gen/manual_checks.c: $(CHECK_ENTRIES) Makefile
	$(call say,GEN,$@)mkdir -p $(@D) && { \
		echo '#include "report/manual.h"'; echo 'const char manual_checks[] = ""'; \
		cat $(CHECK_ENTRIES) /dev/null | sed 's/[\\"]/\\&/g; s/.*/"&\\n"/'; echo ';'; } > $@

$(CHECKS_PAGE): man/armvm-image-checks.7.in $(CHECK_ENTRIES) man/armvm-image-checks.7.tail
	$(call say,GEN,$@)mkdir -p $(@D) && cat $^ > $@

# ACPI's description of devices, without the table's header of 36 bytes.
$(O)/gen/dsdt.c: src/firmware/hw/dsdt.asl src/firmware/hw/map.h Makefile
	$(call say,GEN,$@)mkdir -p $(@D) && $(CC) -E -P -undef -x assembler-with-cpp -Isrc $< >$(O)/gen/dsdt.asl && \
		{ iasl -on -p $(O)/gen/dsdt $(O)/gen/dsdt.asl >$(O)/gen/dsdt.log 2>&1 || { cat $(O)/gen/dsdt.log >&2; exit 1; }; } && { \
		echo '#include "firmware/hw/dsdt.h"'; echo 'const uint8_t hw_dsdt[] = {'; \
		od -An -v -tu1 -j36 $(O)/gen/dsdt.aml | sed 's/  *\([0-9]*\)/\1,/g'; \
		echo '};'; echo 'const size_t hw_dsdt_size = sizeof(hw_dsdt);'; } >$@

$(O)/gen/%.o: $(O)/gen/%.c
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/tests/unit/%_test: $(O)/tests/unit/%_test.o $(LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(FW_UNIT_BIN): $(O)/%: $(O)/%.o $(FW_LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(FW_LIBS)

# With faults that have to be found; each WRAPS one of these.
PLANTED_IN := recording_avoids journal_replay arguments_remember guest_record guest_in_string16 pool_sums pages_sum \
	cpu_sum rng_register states_encode
PLANTED := $(O)/tests/planted-firmware
$(PLANTED): $(FW_MAIN_OBJ) $(O)/tests/lib/planted.o $(FW_LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PLANTED_IN:%=-Wl,--wrap=%) -o $@ $^ $(FW_LIBS)

# What tests/bench/glance times beside sha512sum.
DIGEST := $(O)/tests/lib/digest
$(DIGEST): $(DIGEST).o $(LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# In fuzz mode libFuzzer's main drives the target, in the others a main that replays files.
FUZZ_MAIN_fuzz := -fsanitize=fuzzer
FUZZ_MAIN := $(if $(filter fuzz,$(MODE)),,$(O)/tests/fuzz/replay.o)
$(O)/tests/fuzz/%_fuzz: $(O)/tests/fuzz/%_fuzz.o $(FUZZ_MAIN) $(LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(FUZZ_MAIN_$(MODE)) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(FW_FUZZ_BIN): $(O)/%: $(O)/%.o $(FUZZ_MAIN) $(FW_LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(FUZZ_MAIN_$(MODE)) $(ALL_LDFLAGS) -o $@ $^ $(FW_LIBS)

GUEST_CC := clang --target=aarch64-unknown-windows
GUEST_CFLAGS := -std=gnu11 -O2 -ffreestanding -fno-stack-protector -mno-stack-arg-probe \
	-Wall -Wextra -Wshadow -Werror
GUEST_LINK := lld-link /nologo /subsystem:efi_application /entry:efi_main /nodefaultlib /Brepro

$(O)/guest/%.obj: tests/guest/%.c tests/guest/efi.h tests/guest/test.h tests/guest/hii.h
	$(call say,GUEST,$<)mkdir -p $(@D) && $(GUEST_CC) $(GUEST_CFLAGS) -c -o $@ $<

$(O)/guest/child.efi $(O)/guest/marker.efi: %.efi: %.obj
	$(Q)$(GUEST_LINK) /out:$@ $^

$(GUEST_SUBJECTS:%=$(O)/guest/%.efi): $(O)/guest/%.efi: $(O)/guest/%.obj $(O)/guest/test.obj
	$(Q)$(GUEST_LINK) /out:$@ $^

.PHONY: guest
guest: $(GUEST_BIN) ## build the guest programs that tests/guest runs

$(O)/tests/%.o: CPPFLAGS += -Itests/lib

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_BIN:=.d) $(FUZZ_BIN:=.d) \
	$(FW_OBJ:.o=.d) $(FW_MAIN_OBJ:.o=.d) $(O)/tests/lib/planted.d $(DIGEST).d $(FW_UNIT_BIN:=.d) $(FW_FUZZ_BIN:=.d)

# What a target needs is installed first (packages.txt), and then a second make does the work, for the
# packages may be missing when this one starts. It uses all cores unless this one was told how many.
FOR ?= all
JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = $(MAKE) --no-print-directory $(JOBS)
# quiet_build TARGET: its lines go to a log, unless V=1.
quiet_build = $(Q)$(if $(filter 0,$(V)),images/quietly $(O)/build.log \
	$(words $(LIB_OBJ) $(CLI_OBJ) $(FW_OBJ) $(FW_MAIN_OBJ) $(if $(filter tools,$(1)),$(UNIT_BIN) $(FUZZ_BIN) $(FW_UNIT_BIN) $(FW_FUZZ_BIN))) \
	'^  CC' "building $(O)") $(SUBMAKE) $(1)

.PHONY: deps
deps: ## install the packages that are missing, of all purposes or FOR="build demo boot test package lint fuzz"
	$(Q)images/install-packages $(FOR)

.PHONY: tools
tools: $(WORKAROUND_TESTED) $(BIN) $(UNIT_BIN) $(FUZZ_BIN) $(FW_BIN) $(FW_UNIT_BIN) $(FW_FUZZ_BIN) $(PLANTED) $(DIGEST) $(GUEST_TOOLS)

.PHONY: check
check: ## build and run every test but the distribution ones
	$(Q)images/install-packages build demo boot test
	$(Q)tests/oracles/install || test -z "$$CI"
	$(call quiet_build,tools)
	$(Q)$(MAKE) --no-print-directory MODE=asan O=o/asan poisoned
	$(Q)O=$(O) tests/run

# An armvm-firmware that is stopped where it touches guest memory that it wasn't given (mem/grant.h).
.PHONY: poisoned
poisoned: $(FW_BIN)

.PHONY: check-unit
check-unit: $(UNIT_BIN) $(FW_UNIT_BIN) $(BIN) $(FW_BIN) ## the unit tests alone
	$(Q)O=$(O) tests/run unit

# Needs clang's libFuzzer. FUZZ="fat pe" picks targets, FUZZ_SECONDS says how long each runs.
.PHONY: fuzz
fuzz: ## fuzz every parser, FUZZ_SECONDS (60) each; findings go to tests/fuzz/found
	$(Q)images/install-packages build fuzz
	$(Q)$(SUBMAKE) MODE=fuzz fuzz-targets
	$(Q)O=o/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ)
	$(Q)$(MAKE) --no-print-directory MODE=release O=o/release o/release/armvm-firmware guest
	$(Q)O=o/release ALIKE_SECONDS=$(FUZZ_SECONDS) tests/cli/alike.t
	$(Q)O=o/release tests/fuzz/mutants --seconds $(FUZZ_SECONDS)

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_BIN) $(FW_FUZZ_BIN)

.PHONY: check-distro
check-distro: ## build, check and boot full Debian systems; takes an hour or two
	$(Q)images/install-packages build demo boot test
	$(call quiet_build,all)
	$(Q)O=$(O) prove --exec '' $(sort $(wildcard tests/distro/*.t))

# HOSTS="bookworm trixie sid trixie/arm64" picks; needs root.
HOSTS ?= bookworm trixie sid trixie/arm64
.PHONY: check-hosts
check-hosts: ## this tree in minimal roots of other Debian releases and on arm64; takes hours
	$(Q)images/install-packages test
	$(Q)tests/hosts/run $(HOSTS)

.PHONY: bench
bench: ## time build and check against other tools, check on many, the pipeline's parts, the firmware against QEMU, scenarios
	$(Q)images/install-packages build demo boot test
	$(call quiet_build,all $(DIGEST))
	$(Q)O=$(O) tests/bench/run; status=$$?; O=$(O) tests/bench/many || status=1; \
		O=$(O) tests/bench/glance || status=1; \
		O=$(O) tests/bench/firmware || status=1; O=$(O) tests/bench/scenarios && exit $$status

.PHONY: demo
demo: ## make a small real system, build an image of it, check and boot it
	$(Q)images/install-packages build demo
	$(call quiet_build,all)
	$(Q)images/demo $(BIN)

.PHONY: lint
lint: ## rooms, checks and scenarios against manual and fixtures, formatting, shell, manual pages
	$(Q)images/install-packages build lint
	$(call quiet_build,all)
	$(Q)O=$(O) tests/lint/run

.PHONY: format
format: ## lay the sources out as .clang-format says
	$(Q)clang-format -i $$(git ls-files '*.[ch]')

.PHONY: install
install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/armvm-image
	install -D -m 755 $(FW_BIN) $(DESTDIR)$(PREFIX)/bin/armvm-firmware
	install -D -m 644 man/armvm-firmware.1 $(DESTDIR)$(PREFIX)/share/man/man1/armvm-firmware.1
	install -D -m 644 man/armvm-image.1 $(DESTDIR)$(PREFIX)/share/man/man1/armvm-image.1
	install -D -m 644 $(CHECKS_PAGE) $(DESTDIR)$(PREFIX)/share/man/man7/armvm-image-checks.7
	install -D -m 644 man/armvm-image-scenarios.7 \
		$(DESTDIR)$(PREFIX)/share/man/man7/armvm-image-scenarios.7
	install -D -m 644 man/armvm-image.schema.json \
		$(DESTDIR)$(PREFIX)/share/armvm-image/armvm-image.schema.json
	install -D -m 644 man/armvm-image-glance.7 \
		$(DESTDIR)$(PREFIX)/share/man/man7/armvm-image-glance.7
	$(if $(PYTHONDIR),$(MAKE) --no-print-directory install-plugin)
	install -D -m 644 man/armvm-image.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/armvm-image

.PHONY: install-plugin
install-plugin: ## install Glance's import plugin below $(DESTDIR)$(PYTHONDIR)
	install -D -m 644 plugin/armvm_check/__init__.py $(DESTDIR)$(PYTHONDIR)/armvm_check/__init__.py
	install -D -m 644 plugin/entry_points.txt \
		$(DESTDIR)$(PYTHONDIR)/armvm_check-$(VERSION).dist-info/entry_points.txt
	sed 's/@VERSION@/$(VERSION)/' plugin/METADATA.in \
		> $(DESTDIR)$(PYTHONDIR)/armvm_check-$(VERSION).dist-info/METADATA

# Of what git knows, in a folder of its own, for dpkg writes beside it and into it.
DEB_TREE := o/deb/armvm-image-$(VERSION)
.PHONY: deb
deb: ## build a Debian package in o/deb, tests and lintian included
	$(Q)images/install-packages build package
	$(Q)rm -rf o/deb && mkdir -p $(DEB_TREE) && git ls-files -z | tar -c --null -T - | tar -x -C $(DEB_TREE)
	$(Q)images/quietly o/deb/build.log $(words $(LIB_OBJ) $(CLI_OBJ) $(FW_OBJ) $(UNIT_BIN) $(FW_UNIT_BIN)) \
		' -c -o ' "building o/deb" env -u MAKEFLAGS -u MAKELEVEL -C $(DEB_TREE) dpkg-buildpackage -us -uc
	$(Q)lintian --allow-root --fail-on error o/deb/*.changes
	$(Q)ls o/deb/*.deb

.PHONY: clean
clean: ## remove what was built
	$(Q)rm -rf o

.PHONY: help
help: ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | sort | expand -t 16

.DELETE_ON_ERROR:
.SECONDARY:
