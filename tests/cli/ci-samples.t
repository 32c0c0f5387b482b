#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual's lines for GitHub and GitLab: their commands run as they stand there, pass a
# good image and fail a bad one, and leave what the servers are set to pick up either way.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs qemu-img python3 xmllint
/usr/bin/python3 -c 'import yaml' 2>/dev/null || skip_all "python3-yaml is missing"

PATH=$(dirname "$armvm"):$PATH
cd "$tmp" || exit 1
cat >sample.py <<'END'
"""sample.py GitHub|GitLab: the sample in the manual, its commands (run.sh) and what they are to leave (files)."""
import re, sys, yaml
where, manual = sys.argv[1], open(sys.argv[2]).read()
text = re.search(r"of " + where + r" that shows.*?\n\.Bd -literal[^\n]*\n(.*?)\.Ed", manual, re.S)[1]
assert text.count("\n") <= 10, "more than ten lines"
sample = yaml.safe_load(text)
if where == "GitHub":
    # YAML 1.1 takes GitHub's "on" for true.
    assert sample[True] == "pull_request"
    job, = sample["jobs"].values()
    assert job["permissions"]["security-events"] == "write"
    run = [s["run"] for s in job["steps"] if "run" in s]
    upload, = [s for s in job["steps"] if "upload-sarif" in s.get("uses", "")]
    assert upload["if"] == "always()"
    files = [upload["with"]["sarif_file"]]
else:
    job, = sample.values()
    run = job["script"]
    assert job["artifacts"]["when"] == "always"
    files = job["artifacts"]["paths"] + list(job["artifacts"]["reports"].values())
    assert set(job["artifacts"]["reports"]) == {"junit", "codequality"}
open("run.sh", "w").write("".join(line + "\n" for line in ["set -e"] + run))
open("files", "w").write("".join(name + "\n" for name in files))
END
# The sample's loader is a header around nothing.
echo 'ignore boot: not booted here' >.armvm-image.conf
for server in GitHub GitLab; do
	ok "the manual's lines for $server are ten at most, and such as it reads" \
		/usr/bin/python3 sample.py $server "$top/man/armvm-image.1"
	for kind in good bad; do
		work=$tmp img=$tmp/image.raw
		cp --sparse=always "$(sample grub)" "$img"
		[ $kind = good ] || head -c 64 /dev/zero | esp_write /ubootefi.var
		qemu-img convert -f raw -O qcow2 "$img" cloud.qcow2
		xargs rm -f <files
		case $kind in
		good) exits 0 "$server: a good image passes" sh run.sh ;;
		bad) exits 1 "$server: a bad one does not" sh run.sh ;;
		esac
		ok "$server: what it picks up is there" sh -c 'test -s files && while read -r name; do test -s "$name" || exit 1; done <files'
		case $server in
		GitHub) ok "$server: and tells so" jq -e --arg kind $kind \
			'[.runs[0].results[] | select(.level == "error" and (.suppressions | not))] | length == if $kind == "bad" then 1 else 0 end' image.sarif ;;
		GitLab)
			ok "$server: and tells so" jq -e --arg kind $kind \
				'any(.[]; .check_name == "esp.variable-store") == ($kind == "bad")' image.json
			ok "$server: in JUnit, too" test "$(xmllint --xpath 'string(/testsuites/@failures)' image.xml)" = \
				"$([ $kind = bad ] && echo 1 || echo 0)"
			;;
		esac
	done
done
tap_done
