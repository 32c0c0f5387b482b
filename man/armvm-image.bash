# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bash completion for armvm-image

_armvm_image() {
	local cur prev words cword
	_init_completion || return

	local verbs='build check fix boot info glance explain'
	if [ "$cword" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$cur")
		return
	fi
	case $prev in
	--boot) mapfile -t COMPREPLY < <(compgen -W 'none emulator edk2 u-boot emulator,edk2,u-boot' -- "$cur"); return ;;
	--firmware) mapfile -t COMPREPLY < <(compgen -W 'emulator edk2 u-boot' -- "$cur"); return ;;
	--scenario)
		mapfile -t COMPREPLY < <(compgen -W 'first-boot dropped refused-write-protected refused-unsupported full
			no-variables wiped kept listed stale foreign-order moved-1 moved-2 moved-3 moved-4
			runtime-refused tpm tpm-dropped removable acpi fdt' -- "$cur")
		return
		;;
	--until) mapfile -t COMPREPLY < <(compgen -W 'kernel init login' -- "$cur"); return ;;
	--format)
		case ${words[1]} in
		glance) mapfile -t COMPREPLY < <(compgen -W 'text json args env' -- "$cur") ;;
		*) mapfile -t COMPREPLY < <(compgen -W 'raw qcow2' -- "$cur") ;;
		esac
		return
		;;
	--convert) mapfile -t COMPREPLY < <(compgen -W 'raw qcow2' -- "$cur"); return ;;
	--loader)
		mapfile -t COMPREPLY < <(compgen -W 'auto shim grub systemd-boot uki' -- "$cur")
		case $cur in */*) _filedir ;; esac
		return
		;;
	--select | --ignore | --only | --allow)
		mapfile -t COMPREPLY < <(compgen -W "$(armvm-image explain 2>/dev/null | cut -f 1)" -- "$cur")
		return
		;;
	--size | --esp-size | --max-size | --seed | --boot-timeout | --upload) return ;;
	--cache) _filedir -d; return ;;
	-o | --output | --screenshot | --config | --report | --junit | --sarif | --code-quality) _filedir; return ;;
	esac
	case ${words[1]} in
	build)
		case $cur in
		-*)
			mapfile -t COMPREPLY < <(compgen -W '--output --format --compress --force --size --esp-size
				--loader --seed --no-verify --help' -- "$cur")
			return
			;;
		esac
		_filedir
		;;
	fix)
		case $cur in
		-*)
			mapfile -t COMPREPLY < <(compgen -W '--output --in-place --dry-run --only --force --no-verify
				--json --json=lines --jobs --null --quiet --help' -- "$cur")
			return
			;;
		esac
		_filedir
		;;
	check)
		case $cur in
		-*)
			mapfile -t COMPREPLY < <(compgen -W '--boot --until --boot-timeout --verify-reuse --select --ignore
				--config --report --junit --sarif --code-quality --json
				--json=lines --cache --cache=digest --jobs --max-cpu --max-memory --null --quiet --verbose --help' -- "$cur")
			return
			;;
		esac
		_filedir
		;;
	boot)
		case $cur in
		-*)
			mapfile -t COMPREPLY < <(compgen -W '--firmware --scenario --quirks --until --boot-timeout --trace --screenshot
				--help' -- "$cur")
			return
			;;
		esac
		_filedir
		;;
	info)
		case $cur in -*) mapfile -t COMPREPLY < <(compgen -W '--diff --help' -- "$cur"); return ;; esac
		_filedir
		;;
	glance)
		case $cur in
		-*)
			mapfile -t COMPREPLY < <(compgen -W '--format --boot --boot-timeout --allow --config --unpack --max-size
				--convert --upload --help' -- "$cur")
			return
			;;
		esac
		_filedir
		;;
	explain)
		mapfile -t COMPREPLY < <(compgen -W "$(armvm-image explain 2>/dev/null | cut -f 1)" -- "$cur")
		;;
	esac
}
complete -F _armvm_image armvm-image
