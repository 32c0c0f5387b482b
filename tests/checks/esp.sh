# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For the fixtures of the esp family.

# fat COMMAND ARGUMENTS...: see tests/lib/fat.py
fat() { python3 "$lib/fat.py" "$img" "$esp_offset" "$@"; }

# A file of five clusters that nothing boots from. Its name is upper case: no long name.
filler() { # NAME
	head -c 20000 /dev/zero >filler
	esp_put filler "/$1"
}

# Formats the ESP anew, with these options of mkfs.fat, and puts its files back.
reformat() { # OPTIONS...
	mkdir files
	mcopy -s -m -i "$img@@$esp_offset" ::/ files
	truncate -s "$esp_size" volume
	mkfs.fat -F 32 -s 8 -h 2048 -i "$(echo "$esp_uuid" | tr -d -)" -n ESP "$@" volume >/dev/null
	(cd files && mcopy -s -m -i ../volume ./* ::/)
	dd if=volume of="$img" bs=1M seek=1 conv=notrunc status=none
	rm volume
}

# A third partition of less than 1 MiB behind the others, with a FAT of its own.
third_partition() { # TYPECODE [FILE PATH]
	sgdisk --new=3:333M:0 --typecode=3:"$1" \
		--partition-guid=3:5a3ab1e0-0000-4000-8000-0000000000b3 "$img" >/dev/null
	truncate -s 900K volume
	mkfs.fat -F 12 -i 5a3a0003 volume >/dev/null
	if [ $# -gt 1 ]; then
		mmd -i volume ::/EFI ::/EFI/BOOT
		mcopy -i volume "$2" "::$3"
	fi
	dd if=volume of="$img" bs=1M seek=333 conv=notrunc status=none
	rm volume
}

# The first bytes of an EFI firmware volume of 4 KiB.
firmware_volume() {
	printf '%032d' 0 | tr 0 '\000'
	printf '\000\020\000\000\000\000\000\000_FVH\000\000\000\000H\000'
	head -c 4046 /dev/zero
}
