#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The pipeline that README.md shows, as it is written there, with a real Glance.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/glance.sh"
requires mcopy mke2fs debugfs curl
glance_requires

cd "$tmp" || exit 1
sed -n '/^    set -eu$/,/^$/s/^    //p' "$top/README.md" >pipeline
ok "README has a pipeline" test "$(wc -l <pipeline)" -ge 4
ok "of no more than ten lines" test "$(wc -l <pipeline)" -le 10
ok "a root file system is made" "$top/images/small-rootfs" "$tmp/rootfs.img"
glance_start || { cat "$glance_dir"/*.log; echo "Bail out! Glance does not start"; exit 1; }
PATH=$top/${O:-o/release}:$PATH
export PATH
ok "the pipeline runs" sh pipeline
id=$(glance_ids)
glance_image "$id" >shown
ok "the image is in Glance" jq -e '.name == "debian-12" and .status == "active" and .disk_format == "raw"' shown
ok "with its properties" jq -e '.hw_firmware_type == "uefi" and .os_secure_boot == "optional" and .os_distro == "debian"' shown
ok "and the reports are there" test -s release.html -a -s release.xml
tap_done
