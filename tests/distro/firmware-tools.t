#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that use more of the firmware than boot loaders do: rEFInd and its
# drivers, the UEFI Shell, shim's MokManager.
# shellcheck disable=SC2016,SC2034,SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/distro/firmware.sh"
requires jq sgdisk mcopy dpkg

image grub --loader grub -- --loader grub || tap_done
ok "rEFInd with GRUB is made" with_refind grub refind
verdict_is "rEFInd starts GRUB" kernel-entered --disk "$tmp/refind.raw"
event "after its five seconds" '.event == "verdict" and .t > 5e9'
mmd -i "$esp" ::/EFI/BOOT/drivers_aa64
mcopy -i "$esp" "$refind/drivers_aa64/ext4_aa64.efi" ::/EFI/BOOT/drivers_aa64/
verdict_is "rEFInd with its ext4 driver" kernel-entered --disk "$tmp/refind.raw"
event "the driver is started and stays" \
	'.event == "image-ended" and .name == "ext4_aa64.efi" and .status == "EFI_SUCCESS"'

ok "the UEFI Shell is fetched" package trixie efi-shell-aa64
variant grub shell
mcopy -o -i "$esp" "$tmp/efi-shell-aa64/usr/share/efi-shell-aa64/shellaa64.efi" \
	::/EFI/BOOT/BOOTAA64.EFI
verdict_is "the UEFI Shell" waiting-for-key --disk "$tmp/shell.raw"
screen "it reaches its prompt" 'Shell>'
screen "it lists the file system" 'FS0:'
printf 'echo hello from startup\r\nls fs0:\\EFI\\BOOT\r\n' >"$tmp/startup.nsh"
mcopy -i "$esp" "$tmp/startup.nsh" ::/startup.nsh
verdict_is "the UEFI Shell with startup.nsh" waiting-for-key --disk "$tmp/shell.raw"
screen "it runs startup.nsh" 'hello from startup'
screen "it lists files" 'BOOTAA64.EFI'

ok "MokManager is fetched" package bookworm shim-helpers-arm64-signed
verdict_is "MokManager" waiting-for-key --keys wait:500,enter \
	--run "$tmp/shim-helpers-arm64-signed/usr/lib/shim/mmaa64.efi.signed"
screen "it draws its menu" 'Perform MOK management'
screen "with its entries" 'Enroll key from disk'
tap_done
