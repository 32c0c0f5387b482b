#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reports that are files: each says what --json says, in the form that its
# readers want, and text from an image stays text in all of them.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 tidy

cd "$tmp" || exit 1
work=$tmp img=$tmp/bad.raw
cp --sparse=always "$(sample grub)" good.raw
cp --sparse=always good.raw bad.raw
head -c 64 /dev/zero | esp_write /ubootefi.var
root_edit "/boot/config-$version" 's/CONFIG_VIRTIO_BALLOON=y//'
# A stranger's names, in all that a report can show of them.
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="<script>alert(1)</script> & \\"x\\" \033[31m\302\205\342\200\256"\n' |
	root_write /usr/lib/os-release
sgdisk --change-name="2:<b>&'x" bad.raw >/dev/null
echo 'ignore guest.balloon: we have no balloon' >waive.conf

files="--report r.html --junit r.xml --sarif r.sarif --code-quality r.cq"
# shellcheck disable=SC2086 # words
"$armvm" check --boot none --config waive.conf --json $files good.raw bad.raw none.raw >json 2>stderr
ok "the status is as ever" test $? -eq 1

# ---- JSON against its schema ----
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	cat >validate.py <<-'END'
		import json, sys
		import jsonschema
		jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))
	END
	schema=$top/man/armvm-image.schema.json
	ok "JSON is as its schema says" /usr/bin/python3 validate.py "$schema" json
	"$armvm" glance --boot none --format json good.raw >glance.json
	ok "and so is glance's" /usr/bin/python3 validate.py "$schema" glance.json
	jq '.images[0].conclusion = "fine"' json >wrong
	ok "which is able to refuse" sh -c "! /usr/bin/python3 validate.py '$schema' wrong"
elif [ -n "${CI:-}" ]; then
	fail "python3-jsonschema is missing, which CI must have"
else
	echo "# python3-jsonschema is missing: the schema is not tried"
fi

# ---- JUnit ----
cat >junit.py <<'END'
import json, sys
import xml.etree.ElementTree as tree
root, doc = tree.parse("r.xml").getroot(), json.load(open("json"))
assert root.tag == "testsuites"
suites = root.findall("testsuite")
assert [s.get("name") for s in suites] == [i["path"] for i in doc["images"]]
for suite, image in zip(suites, doc["images"]):
    cases = suite.findall("testcase")
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute)) == len(suite.findall("testcase/" + tag)), attribute
    assert int(suite.get("tests")) == len(cases)
    if "error" in image:
        assert suite.get("errors") == "1"
        continue
    failed = {c.get("name").split(":")[0] for c in cases if c.find("failure") is not None}
    wanted = {c["id"] for c in image["checks"] if c["outcome"] == "finding"
              and c["severity"] == "error" and "waived" not in c}
    assert failed == wanted, (failed, wanted)
    waived = {c.get("name").split(":")[0] for c in cases
              if c.find("skipped") is not None and c.find("skipped").get("message").startswith("waived")}
    assert waived == {c["id"] for c in image["checks"] if "waived" in c}
END
ok "JUnit says what JSON says" python3 junit.py

# ---- SARIF: what its schema demands of what is there ----
cat >sarif.py <<'END'
import json, re
log, doc = json.load(open("r.sarif")), json.load(open("json"))
assert log["version"] == "2.1.0" and len(log["runs"]) == 1
run = log["runs"][0]
rules = run["tool"]["driver"]["rules"]
assert run["tool"]["driver"]["name"] == "armvm-image"
assert len({r["id"] for r in rules}) == len(rules) > 100
for rule in rules:
    assert rule["shortDescription"]["text"] and rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
wanted = sorted((i["path"], c["id"], f["what"]) for i in doc["images"] if "checks" in i
                for c in i["checks"] for f in c["findings"])
found = []
for result in run["results"]:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["kind"] in ("fail", "open") and result["message"]["text"]
    assert result["level"] == "none" if result["kind"] != "fail" else result["level"] in ("note", "warning", "error")
    assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["finding/v1"])
    place = result["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 1
    assert re.fullmatch(r"[A-Za-z0-9._~/:%-]+", place["artifactLocation"]["uri"])
    for suppression in result.get("suppressions", []):
        assert suppression["kind"] in ("inSource", "external") and suppression["justification"]
    if result["kind"] == "fail":
        found.append((place["artifactLocation"]["uri"], result["ruleId"], result["message"]["text"]))
assert len(found) == len(wanted)
assert [f[:2] for f in sorted(found)] == [w[:2] for w in wanted]
assert [r["ruleId"] for r in run["results"] if "suppressions" in r] == ["guest.balloon"]
invocation = run["invocations"][0]
assert invocation["executionSuccessful"] is False  # none.raw
assert len(invocation["toolExecutionNotifications"]) == 1
END
ok "SARIF says what JSON says" python3 sarif.py

# ---- GitLab ----
ok "code quality has what GitLab demands" jq -e 'length > 0 and all(.[];
	(.description | length > 0) and (.check_name | length > 0) and (.fingerprint | test("^[0-9a-f]{64}$"))
	and (.severity | IN("info", "minor", "major", "critical", "blocker"))
	and (.location.path | length > 0) and .location.lines.begin == 1)' r.cq
ok "and each is another" jq -e '(map(.fingerprint) | unique | length) == length' r.cq
ok "the error is among them" jq -e 'any(.[]; .check_name == "esp.variable-store" and .severity == "critical")' r.cq
ok "the waived one is not" jq -e 'all(.[]; .check_name != "guest.balloon")' r.cq
ok "an image that is not there is a blocker" jq -e 'any(.[]; .severity == "blocker")' r.cq

# ---- HTML ----
ok "the page is right" tidy -q -e r.html
[ ! -s ok.log ] && pass "without a warning" || fail "without a warning" ok.log
contains "it has the verdicts" "Not portable" r.html
contains "and the finding" esp.variable-store r.html
contains "and its clause" VM-8 r.html
contains "and the waiver" "we have no balloon" r.html
contains "and the image that is not there" none.raw r.html
contains "and a digest" "$(sha256sum <bad.raw | cut -d' ' -f1)" r.html
contains "a stranger's markup is text" "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;" r.html
lacks "and none of it is markup" "<script" r.html
lacks "nor is a partition's name" "<b>&" r.html
for file in r.html r.xml r.sarif r.cq; do
	ok "$file has no control characters" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' $file"
	lacks "$file turns no text around" "$(printf '\342\200\256')" $file
done
ok "nothing is from elsewhere" sh -c "! grep -E '(src|href)=|@import|url\\(' r.html"
ok "it is at most 500 KB" test "$(wc -c <r.html)" -le 500000

cp r.html before.html
exits 1 "a file that cannot be written is said" "$armvm" check --boot none --report "$tmp/no/r.html" good.raw
exits 2 "no file" "$armvm" check --junit "" good.raw

# ---- as people see it ----
chromium=$(command -v chromium || command -v chromium-browser)
if [ -n "$chromium" ]; then
	cat >png.py <<-'END'
		# Whether a PNG is of this width and has more than one colour in each third of it.
		import struct, sys, zlib
		data, at, idat = open(sys.argv[1], "rb").read(), 8, b""
		while at < len(data):
		    length, kind = struct.unpack(">I4s", data[at:at + 8])
		    body = data[at + 8:at + 8 + length]
		    if kind == b"IHDR":
		        width, height, depth, colour = struct.unpack(">IIBB", body[:10])
		    idat += body if kind == b"IDAT" else b""
		    at += 12 + length
		rows = zlib.decompress(idat)
		stride = len(rows) // height
		assert width == int(sys.argv[2]), width
		for third in range(3):
		    part = rows[third * height // 3 * stride:(third + 1) * height // 3 * stride]
		    assert len(set(part)) > 20, "nothing is drawn"
	END
	for width in 360 1400; do
		"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
			--disable-background-networking --disable-component-update --disable-sync \
			--hide-scrollbars "--user-data-dir=$tmp/chromium" "--window-size=$width,1800" \
			"--screenshot=$tmp/$width.png" "file://$tmp/r.html" >chromium.log 2>&1
		ok "it is drawn at $width pixels" python3 png.py "$width.png" "$width"
		# The page says itself whether something sticks out of it.
		sed 's|</body>|<script>document.title = document.documentElement.scrollWidth <= innerWidth ? "fits" : "wide " + document.documentElement.scrollWidth</script></body>|' \
			r.html >probe.html
		"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
			--disable-background-networking --disable-component-update --disable-sync \
			"--user-data-dir=$tmp/chromium" "--window-size=$width,1800" --dump-dom \
			"file://$tmp/probe.html" >dom 2>chromium.log
		contains "and nothing sticks out" "<title>fits</title>" dom
	done
elif [ -n "${CI:-}" ]; then
	fail "chromium is missing, which CI must have"
else
	echo "# chromium is missing: the page is not drawn"
fi
tap_done
