#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The reports that are files: each says what --json says, in the form that its
# readers want, and text from an image stays text in all of them.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3 xmllint

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
else
	skip "JSON is as its schema says" "python3-jsonschema is missing"
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
              if c.find("skipped") is not None and c.find("skipped").text.startswith("waived")}
    assert waived == {c["id"] for c in image["checks"] if "waived" in c}
END
ok "JUnit says what JSON says" python3 junit.py
if schema=$(oracle jenkins-junit.xsd); then
	ok "JUnit is as Jenkins' schema says" xmllint --noout --schema "$schema" r.xml
	sed 's/<skipped>/<skipped why="none">/' r.xml >wrong.xml
	ok "which is able to refuse" sh -c "! xmllint --noout --schema '$schema' wrong.xml"
else
	skip "JUnit is as Jenkins' schema says" "tests/oracles/install has not fetched it"
fi

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
if ! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	skip "SARIF is as its schema says" "python3-jsonschema is missing"
elif schema=$(oracle sarif-2.1.0-rtm.5.json); then
	ok "SARIF is as its schema says" /usr/bin/python3 validate.py "$schema" r.sarif
	jq '.runs[0].results[0].level = "grave"' r.sarif >wrong
	ok "which is able to refuse" sh -c "! /usr/bin/python3 validate.py '$schema' wrong"
else
	skip "SARIF is as its schema says" "tests/oracles/install has not fetched it"
fi

# ---- GitLab ----
ok "code quality has what GitLab demands" jq -e 'length > 0 and all(.[];
	(.description | length > 0) and (.check_name | length > 0) and (.fingerprint | test("^[0-9a-f]{64}$"))
	and (.severity | IN("info", "minor", "major", "critical", "blocker"))
	and (.location.path | length > 0) and .location.lines.begin == 1)' r.cq
ok "and each is another" jq -e '(map(.fingerprint) | unique | length) == length' r.cq
ok "the error is among them" jq -e 'any(.[]; .check_name == "esp.variable-store" and .severity == "critical")' r.cq
ok "the waived one is not" jq -e 'all(.[]; .check_name != "guest.balloon")' r.cq
ok "an image that is not there is a blocker" jq -e 'any(.[]; .severity == "blocker")' r.cq

# ---- text from an image, in all of them ----
for file in r.html r.xml r.sarif r.cq; do
	ok "$file has no control characters" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' $file"
	lacks "$file turns no text around" "$(printf '\342\200\256')" $file
done

exits 1 "a file that cannot be written is said" "$armvm" check --boot none --report "$tmp/no/r.html" good.raw
exits 2 "no file" "$armvm" check --junit "" good.raw

# The digest of a disk that large takes longer than anybody waits.
cp --sparse=always good.raw large.raw
truncate -s 200G large.raw
"$armvm" check --boot none --report cut.html large.raw >/dev/null 2>said &
pid=$!
sleep 2
kill -TERM "$pid"
wait "$pid"
status=$?
ok "who ends it while it hashes is told that it is not all" test "$status" = 3
contains "and that it was interrupted" "interrupted" said
tap_done
