# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the recipes for sample root file systems share: Debian arm64 packages
# from the mirror that this machine is configured for, unpacked without running
# any of their scripts, and a folder made into a file system.
#
# Apt works here on lists, caches and a status file of its own; the machine's
# are only read, to learn its mirror and its proxy. Downloads are kept in
# $ARMVM_CACHE (default: ~/.cache/armvm-image). Recipes may run side by side:
# what they share is replaced as a whole, and one at a time fetches the lists.

cache=${ARMVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/armvm-image}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# One day in 2024 unless the caller says otherwise: the same packages give the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1704067200}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	echo "${0##*/}: $*" >&2
}

need() {
	for program in "$@"; do
		command -v "$program" >/dev/null || die "$program is not installed; run: make deps FOR='demo test'"
	done
}

# Prints "URI RELEASE" of each configured Debian repository, security included.
# Lists say who is behind an address; on a machine without any its path has to.
host_repositories() {
	# shellcheck disable=SC2016 # these are apt's own variables
	known=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' | sort -u)
	if [ -n "$known" ]; then
		echo "$known"
	else
		apt-get update --print-uris 2>/dev/null |
			sed -n "s|^'\(.*/debian\(-security\)*/\)dists/\([^/]*\)/InRelease'.*|\1 \3|p" | sort -u
	fi
}

# sources_for SUITE [ARCHITECTURE]: apt's source lines for that suite from the machine's mirrors,
# for arm64 unless another is named. sid has no further suites, and bullseye's security suite lists packages that mirrors hold no more.
sources_for() {
	case $1 in
	sid | unstable | bullseye) further=no ;;
	*) further=yes ;;
	esac
	signed=
	[ ! -e "$keyring" ] || signed=" signed-by=$keyring"
	host_repositories | while read -r uri release; do
		case $further-$release in
		yes-*-security) echo "deb [arch=${2:-arm64}$signed] $uri $1-security main" ;;
		yes-*-updates) echo "deb [arch=${2:-arm64}$signed] $uri $1-updates main" ;;
		*-*-*) ;;
		*) echo "deb [arch=${2:-arm64}$signed] $uri $1 main" ;;
		esac
	done | sort -u
}

# replace FILE: by what is read from standard input.
replace() {
	new=$(mktemp "$1.XXXXXX") && cat >"$new" && mv "$new" "$1"
}

# refresh_lists SUITE: at most once a day.
refresh_lists() {
	[ -z "$(find "$apt/updated" -mtime -1 2>/dev/null)" ] || return 0
	say "fetching the package lists of $1 for arm64"
	if apt-get -q update >"$apt/update.log" 2>&1; then
		touch "$apt/updated"
	elif [ -e "$apt/updated" ]; then
		say "could not refresh the lists; going on with those of $(date -r "$apt/updated" +%F)"
	else
		tail -n 5 "$apt/update.log" >&2
		die "apt-get update failed"
	fi
}

# apt_prepare SUITE: writes the private configuration and fetches the lists.
apt_prepare() {
	need apt-get dpkg-deb flock
	apt=$cache/apt-$1
	deb_dir=$cache/debs
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/none" "$deb_dir"
	sources_for "$1" | replace "$apt/sources.list"
	[ -s "$apt/sources.list" ] || die "found no Debian mirror in this machine's apt configuration"
	touch "$apt/status"
	{
		apt-config dump | grep '^Acquire::' | grep -vE '^Acquire::(IndexTargets|Changelogs)'
		cat <<-END
			APT::Architecture "arm64";
			APT::Architectures { "arm64"; };
			APT::Sandbox::User "root";
			Acquire::Languages "none";
			Dir::State "$apt";
			Dir::State::lists "$apt/lists";
			Dir::State::status "$apt/status";
			Dir::Cache "$apt/cache";
			Dir::Etc::main "$apt/none/apt.conf";
			Dir::Etc::parts "$apt/none";
			Dir::Etc::sourcelist "$apt/sources.list";
			Dir::Etc::sourceparts "$apt/none";
			Dir::Etc::preferencesparts "$apt/none";
		END
	} | replace "$apt/apt.conf"
	export APT_CONFIG="$apt/apt.conf"
	(
		flock 9
		refresh_lists "$1"
	) 9>"$apt/lock"
}

# debs_of PACKAGE...: downloads what is missing and prints the path of each .deb.
debs_of() (
	scratch=$(mktemp -d "$cache/download.XXXXXX") || exit 1
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT TERM HUP
	apt-get -q download --print-uris "$@" >"$scratch/uris" 2>"$scratch/log" ||
		{ cat "$scratch/log" >&2; die "no such package among: $*"; }
	wanted=
	while read -r _ name _; do
		[ -e "$deb_dir/$name" ] || wanted="$wanted ${name%%_*}"
	done <"$scratch/uris"
	if [ -n "$wanted" ]; then
		say "downloading$wanted"
		mkdir "$scratch/debs"
		# shellcheck disable=SC2086 # a list of words
		(cd "$scratch/debs" && apt-get -q download $wanted) >"$scratch/log" 2>&1 ||
			{ tail -n 5 "$scratch/log" >&2; die "apt-get download failed"; }
		mv "$scratch"/debs/* "$deb_dir/"
	fi
	while read -r _ name _; do
		echo "$deb_dir/$name"
	done <"$scratch/uris"
)

# kernel_package FLAVOUR: the package that linux-image-FLAVOUR stands for.
kernel_package() {
	apt-cache depends "linux-image-$1" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# kernel_parts PACKAGE: the packages that it is made of: itself, and since Linux 7 those with the
# kernel's file and with its modules.
kernel_parts() {
	echo "$1"
	apt-cache depends "$1" | sed -n 's/^ *Depends: \(linux-\(base\|binary\|modules\)-[0-9].*\)/\1/p'
}

# usrmerge ROOT: the symbolic links that Debian's base system begins with.
usrmerge() {
	for dir in bin sbin lib; do
		mkdir -p "$1/usr/$dir"
		ln -sfn "usr/$dir" "$1/$dir"
	done
}

# unpack ROOT DEB...: the files, and each package's entry in dpkg's status as if installed.
unpack() {
	root=$1
	shift
	mkdir -p "$root/var/lib/dpkg/info"
	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -p --keep-directory-symlink -C "$root" ||
			die "cannot unpack $deb"
		dpkg-deb -f "$deb" | sed '1a Status: install ok installed' >>"$root/var/lib/dpkg/status"
		echo >>"$root/var/lib/dpkg/status"
	done
}

# What runs arm64 programs here: nothing to do on an arm64 machine.
register_binfmt() {
	[ "$(uname -m)" != aarch64 ] || return 0
	misc=/proc/sys/fs/binfmt_misc
	[ -e $misc/register ] || mount -t binfmt_misc binfmt_misc $misc || die "cannot mount binfmt_misc"
	[ ! -e $misc/qemu-aarch64 ] || return 0
	conf=/usr/lib/binfmt.d/qemu-aarch64.conf
	[ -e $conf ] || die "$conf is missing; run: make deps FOR=test"
	say "registering qemu-aarch64 with this machine's binfmt_misc"
	tr -d '\n' <$conf >$misc/register
}

# settle ROOT: no time stamp later than SOURCE_DATE_EPOCH.
settle() {
	find "$1" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# make_ext4 ROOT OUT MIB UUID: in one pass, without mounting, the same bytes every time.
make_ext4() {
	need mke2fs debugfs
	truncate -s 0 "$2" && truncate -s "$3M" "$2"
	E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -U "$4" \
		-E "hash_seed=$4,root_owner=0:0" -d "$1" "$2" || die "mke2fs failed: is --size $3 enough?"
	# mke2fs takes over change times, which are today's, and owners, which are ours unless root runs this.
	owner=
	[ "$(id -u)" -eq 0 ] || owner="\\
set_inode_field <&> uid 0\\
set_inode_field <&> gid 0"
	settle_inodes "$2" "$owner"
}

# settle_inodes IMAGE [SED-TEXT]: gives every inode of an ext4 image the same times.
settle_inodes() {
	used=$(dumpe2fs -h "$1" 2>/dev/null | awk -F: '/^Inode count/ {n = $2} /^Free inodes/ {f = $2} END {print n - f}')
	seq 2 "$used" | sed "s/.*/set_inode_field <&> ctime @$SOURCE_DATE_EPOCH\\
set_inode_field <&> ctime_extra 0\\
set_inode_field <&> crtime @$SOURCE_DATE_EPOCH\\
set_inode_field <&> crtime_extra 0\\
set_inode_field <&> atime @$SOURCE_DATE_EPOCH\\
set_inode_field <&> atime_extra 0${2:-}/" >"$1.fields"
	E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH debugfs -w -f "$1.fields" "$1" >/dev/null 2>&1
	rm -f "$1.fields"
}

# make_xfs ROOT OUT MIB UUID: through a loop mount, or libguestfs where that is not allowed.
make_xfs() {
	need mkfs.xfs
	truncate -s 0 "$2" && truncate -s "$3M" "$2"
	mkfs.xfs -q -m "uuid=$4" "$2" || die "mkfs.xfs failed"
	fill_mounted "$1" "$2"
}

# make_btrfs ROOT OUT MIB UUID: a UUID that blkid's cache remembers is no reason to refuse.
make_btrfs() {
	need mkfs.btrfs
	truncate -s 0 "$2" && truncate -s "$3M" "$2"
	BLKID_FILE=/dev/null mkfs.btrfs -q -U "$4" --rootdir "$1" "$2" >/dev/null || die "mkfs.btrfs failed"
}

fill_mounted() {
	mnt=$(mktemp -d)
	if mount -o loop "$2" "$mnt" 2>/dev/null; then
		cp -a "$1/." "$mnt/" && umount "$mnt" || die "cannot copy into $2"
	else
		need guestfish
		say "cannot mount a loop device; filling $2 through libguestfs"
		tar -C "$1" --owner=0 --group=0 -c . | LIBGUESTFS_BACKEND=direct guestfish --format=raw -a "$2" \
			run : mount /dev/sda / : tar-in - / || die "guestfish failed"
	fi
	rmdir "$mnt"
}

# make_fs TYPE ROOT OUT MIB UUID: OUT appears whole or not at all.
make_fs() {
	part=$3.part
	case $1 in
	ext4) make_ext4 "$2" "$part" "$4" "$5" ;;
	xfs) make_xfs "$2" "$part" "$4" "$5" ;;
	btrfs) make_btrfs "$2" "$part" "$4" "$5" ;;
	*) die "no such file system: $1" ;;
	esac
	mv "$part" "$3"
}
