#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# build reads the root file system in a process that opens, starts and connects to nothing once it
# has read a byte of it, and who writes reads nothing of it; one that crashes leaves nothing.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/cli/build.sh"
requires cc strace sgdisk mkfs.fat mcopy mke2fs debugfs
cd "$tmp" || exit 1

make_rootfs root.img grub
debugfs_do root.img "rm /etc/fstab"
strace -f -qq -y -o trace "$armvm" build --no-verify --format raw -o out.raw "$tmp/root.img" >log 2>&1
ok "an image is built under strace" test -s out.raw
worker=$(awk '/ seccomp\(SECCOMP_SET_MODE_FILTER/ { print $1; exit }' trace)
awk -v worker="$worker" '$1 == worker && on { print } / seccomp\(SECCOMP_SET_MODE_FILTER/ { on = 1 }' \
	trace >confined
ok "a worker reads the file system" grep -q ' pread64(.*root\.img>' confined
for call in open openat creat socket connect execve fork vfork kill unlink; do
	lacks "and then calls no $call()" " $call(" confined
done
awk -v worker="$worker" '{ print } $1 == worker && /SECCOMP_SET_MODE_FILTER/ { exit }' trace >before
unread() { ! grep -E ' p?read(v|64)?\([0-9]+<[^>]*root\.img>' "$1"; }
ok "nobody reads of it before" unread before
# From there to the worker's end who writes takes what it sends; then it copies.
sed -n "/si_pid=$worker,/q; /^$worker /!p" trace >meanwhile
ok "nor does who writes, meanwhile" unread meanwhile

# What runs beside is kept from all but files.
mkdir bin
for name in mcopy resize2fs; do
	real=$(PATH=$PATH:/usr/sbin command -v $name)
	printf '#!/bin/sh\ngrep -Eq "^Seccomp:.*2" /proc/self/status && grep -Eq "^NoNewPrivs:.*1" /proc/self/status || exit 99\necho >>%s\nexec %s "$@"\n' \
		"$tmp/kept" "$real" >bin/$name
	chmod +x bin/$name
done
exits 0 "programs that work on files can do nothing else" env PATH="$tmp/bin:$PATH" "$armvm" build \
	--no-verify --format raw --size 800M -o grown.raw root.img
ok "both have run" test "$(wc -l <kept)" -ge 2

cat >crash.c <<'END'
#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The worker alone tells by this call. */
ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
	static int n;

	if (++n == 4)
		raise(SIGSEGV);
	return syscall(SYS_sendmsg, socket, message, flags);
}
END
cc -shared -fPIC -o crash.so crash.c || exit 1
mkdir d
exits 3 "of one that crashes nothing can be told" env LD_PRELOAD="$tmp/crash.so" "$armvm" build \
	--no-verify --format raw -o d/out.raw root.img
contains "it is said what it was doing" "root.img: the process that read the image did not come to an end: it crashed (signal 11), at the " exits.log
ok "and nothing is left" test -z "$(ls -A d)"
tap_done
