#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The page for people: it says what there is to say, is right as HTML, shows text from an
# image as text, and looks right on a telephone, a wide screen and paper.
# shellcheck disable=SC2154
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
requires jq sgdisk mkfs.fat mcopy mke2fs debugfs python3

cd "$tmp" || exit 1
work=$tmp img=$tmp/bad.raw
cp --sparse=always "$(sample grub)" good.raw
cp --sparse=always good.raw bad.raw
# It boots, so that the page shows a boot.
esp_kernel
head -c 64 /dev/zero | esp_write /ubootefi.var
# A word that is wider than a telephone.
root_edit "/boot/config-$version" '/SERIAL_AMBA_PL011_CONSOLE/d'
# A stranger's names, in all that a report can show of them.
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="<script>alert(1)</script> & \\"x\\" \033[31m\302\205\342\200\256"\n' |
	root_write /usr/lib/os-release
sgdisk --change-name="2:<b>&'x" bad.raw >/dev/null
echo 'ignore loader.followed: we know this program' >waive.conf
long=$(printf '%0180d' 0).raw

"$armvm" check --config waive.conf --report bad.html bad.raw none.raw "$long" >/dev/null 2>&1
ok "the status is as ever" test $? -eq 1
"$armvm" check --boot none --report good.html good.raw >/dev/null 2>&1
ok "a good image has a page, too" test $? -eq 0

# ---- what it says ----
contains "it has the verdicts" "Not portable" bad.html
contains "and the finding" esp.variable-store bad.html
contains "and its clause" VM-8 bad.html
contains "and what can be done" "armvm-image fix" bad.html
contains "and the waiver" "we know this program" bad.html
contains "and the image that is not there" none.raw bad.html
contains "and a digest" "$(sha256sum <bad.raw | cut -d' ' -f1)" bad.html
contains "and the scenarios" foreign-order bad.html
contains "and the timeline" "started BOOTAA64.EFI" bad.html
"$armvm" check --config waive.conf --json bad.raw >json 2>/dev/null
jq -r '.images[0].checks[].id' json >ids
ok "and every check" sh -c 'test -s ids && while read -r id; do
	grep -q "<tr><td><code>$id</code>" bad.html || exit 1; done <ids'
contains "a good one is portable" '<p class="verdict">Portable' good.html
contains "a stranger's markup is text" "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;" bad.html
lacks "and none of it is markup" "<script" bad.html
lacks "nor is a partition's name" "<b>&" bad.html
for file in good.html bad.html; do
	ok "$file has no control characters" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' $file"
	ok "$file needs nothing from elsewhere" sh -c "! grep -E '(src|href)=|@import|url\\(' $file"
	ok "$file is at most 500 KB" test "$(wc -c <$file)" -le 500000
done

# ---- as HTML ----
if ! command -v java >/dev/null; then
	skip "the pages are right, with their style" "java is missing"
elif vnu=$(oracle vnu.jar); then
	ok "the pages are right, with their style" java -jar "$vnu" --also-check-css good.html bad.html
	sed 's/<h1>/<h1 why>/' bad.html >wrong.html
	ok "which is able to refuse" sh -c "! java -jar '$vnu' wrong.html"
else
	skip "the pages are right, with their style" "tests/oracles/install has not fetched the HTML checker"
fi

# ---- as people see it ----
chromium=$(command -v chromium || command -v chromium-browser)
if [ -z "$chromium" ]; then
	skip "it is drawn" "chromium is missing"
	tap_done
fi
browse() {
	"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--hide-scrollbars "--user-data-dir=$tmp/chromium" "$@" 2>chromium.log
}
cat >png.py <<'END'
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
	for page in good bad; do
		browse "--window-size=$width,1500" "--screenshot=$tmp/$page.png" "file://$tmp/$page.html" >/dev/null
		ok "$page.html is drawn at $width pixels" python3 png.py $page.png "$width"
		# The page says itself whether something sticks out of it or of an image's box, which
		# cuts it off, when all is unfolded.
		sed 's|</body>|<script>document.querySelectorAll("details").forEach(d => d.open = true);\
const wide = [document.documentElement, ...document.querySelectorAll("article")].filter(e => e.scrollWidth > e.clientWidth);\
document.title = wide.length ? "wide " + wide.map(e => e.tagName + " " + e.scrollWidth) : "fits"</script></body>|' \
			$page.html >probe.html
		browse "--window-size=$width,1500" --dump-dom "file://$tmp/probe.html" >dom
		contains "and nothing sticks out" "<title>fits</title>" dom
	done
done

# ---- on paper ----
if ! command -v pdftotext >/dev/null || ! command -v pdftoppm >/dev/null; then
	skip "it is printed" "poppler-utils is missing"
	tap_done
fi
cat >paper.py <<'END'
# What is printed of a page: paper.py PDF VERDICT-COLOUR CHECK-ID...
import re, subprocess, sys
pdf, tone, ids = sys.argv[1], bytes.fromhex(sys.argv[2]), sys.argv[3:]
info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
assert "A4" in info, info
pages = int(re.search(r"Pages:\s+(\d+)", info)[1])
assert 2 <= pages <= 12, pages
text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
missing = [i for i in ids if not re.search(r"(?m)^\s*" + re.escape(i) + r"\s", text)]
assert not missing, missing  # those of families that are folded away on a screen, too
headings = {"Findings", "The image", "Layout", "Scenarios", "Boot timeline", "The last screen",
            "Variables touched", "SHA-256", "All checks"}
for page in text.split("\f"):
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    assert not lines or lines[-1] not in headings, "a heading without what is below it: " + lines[-1]
data = subprocess.run(["pdftoppm", "-r", "50", pdf], capture_output=True, check=True).stdout
colours = set()
while data:
    head = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
    width, height = int(head[1]), int(head[2])
    pixels, data = data[head.end():head.end() + 3 * width * height], data[head.end() + 3 * width * height:]
    rows = [pixels[3 * width * y:3 * width * (y + 1)] for y in range(height)]
    for row in rows:
        assert row[:30] == row[-30:] == b"\xff" * 30, "something reaches into the margin"
    colours |= {pixels[i:i + 3] for i in range(0, len(pixels), 3)}
def is_there(colour):
    return any(max(abs(a - b) for a, b in zip(c, colour)) <= 3 for c in colours)
assert is_there(tone), "the verdict has no colour"
assert is_there(bytes.fromhex("0b62c4")), "the layout has no colour"
END
ids=$(jq -r '.images[0].checks[].id' json)
browse --no-pdf-header-footer "--print-to-pdf=$tmp/bad.pdf" "file://$tmp/bad.html" >/dev/null
# shellcheck disable=SC2086 # words
ok "a bad image's page is printed whole, and in colour" python3 paper.py bad.pdf c5221f $ids
browse --no-pdf-header-footer "--print-to-pdf=$tmp/good.pdf" "file://$tmp/good.html" >/dev/null
# shellcheck disable=SC2086 # words
ok "and so is a good one's" python3 paper.py good.pdf 1a7f37 $ids
tap_done
