#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The import plugin in a real Glance: a good image becomes active and gets its
# properties, one that is not portable does not, and its uploader learns why.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
. "$top/tests/lib/glance.sh"
requires qemu-img sgdisk mkfs.fat mcopy mke2fs curl make
glance_requires

cd "$tmp" || exit 1
ok "it is installed where it is told" make -C "$top" --no-print-directory install-plugin PYTHONDIR="$tmp/python" DESTDIR=
export PYTHONPATH="$tmp/python"
work=$tmp img=$tmp/bad.raw
cp --sparse=always "$(sample grub)" good.raw
cp --sparse=always good.raw bad.raw
esp_del /EFI/BOOT/BOOTAA64.EFI
qemu-img convert -f raw -O qcow2 good.raw good.qcow2
qemu-img convert -f raw -O qcow2 bad.raw bad.qcow2
qemu-img create -q -f qcow2 -b good.qcow2 -F qcow2 backed.qcow2
glance_start '[image_import_opts]' 'image_import_plugins = [armvm_check]' '[armvm_check]' \
	"program = $armvm" 'boot = none' || { cat "$glance_dir"/*.log; echo "Bail out! Glance does not start"; exit 1; }

api=http://127.0.0.1:$glance_port/v2
# import FILE FORMAT [PROPERTY]: prints the image's id when the import has ended
import() {
	id=$(curl -s -H 'Content-Type: application/json' "$api/images" \
		-d "{\"name\": \"$1\", \"disk_format\": \"$2\", \"container_format\": \"bare\"${3:+, $3}}" | jq -r .id)
	curl -s -X PUT -H 'Content-Type: application/octet-stream' -T "$1" "$api/images/$id/stage"
	curl -s -H 'Content-Type: application/json' "$api/images/$id/import" -d '{"method": {"name": "glance-direct"}}'
	tries=0
	while [ $tries -lt 600 ]; do
		curl -s "$api/images/$id/tasks" >tasks
		jq -e '.tasks[0].status | . == "success" or . == "failure"' tasks >ended && break
		tries=$((tries + 1))
		sleep 0.1
	done
	glance_image "$id" >shown
}

import good.qcow2 qcow2
ok "a good image is taken" jq -e '.status == "active"' shown
ok "and gets its properties" jq -e '.hw_firmware_type == "uefi" and .hw_disk_bus == "virtio" and .os_distro == "debian"' shown
import good.qcow2 qcow2 '"hw_disk_bus": "scsi"'
ok "what its uploader has set stays" jq -e '.hw_disk_bus == "scsi" and .hw_vif_model == "virtio"' shown

import bad.qcow2 qcow2
ok "an image without a fallback loader is refused" jq -e '.status != "active"' shown
ok "the task has failed" jq -e '.tasks[0].status == "failure"' tasks
ok "and says why" jq -e '.tasks[0].message | test("esp.fallback-loader")' tasks
import backed.qcow2 qcow2
ok "one with a backing file is refused" jq -e '.tasks[0].message | test("container.backing-file")' tasks
import good.qcow2 raw
ok "one that is declared as what it is not is refused" jq -e '.tasks[0].message | test("declared as raw")' tasks
ok "of those nothing is stored" test "$(find "$glance_dir/store" -type f | wc -l)" = 2
glance_stop

glance_start '[image_import_opts]' 'image_import_plugins = [armvm_check]' '[armvm_check]' \
	"program = $tmp/none" || { echo "Bail out! Glance does not start again"; exit 1; }
api=http://127.0.0.1:$glance_port/v2
import good.qcow2 qcow2
ok "without the program no image is taken" jq -e '.tasks[0].message | test("cannot be run")' tasks
tap_done
