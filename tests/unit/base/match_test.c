/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/match: names, paths, and the digits of UUIDs. */
#include "base/match.h"

#include "tap.h"

int main(void)
{
	ok(ends_with("basic.target", ".target"), "it ends so");
	ok(ends_with(".target", ".target"), "and is nothing else");
	ok(!ends_with("target", ".target"), "a part of it");
	ok(is_at_or_below("/boot", "/boot"), "the folder itself");
	ok(is_at_or_below("/boot/efi", "/boot"), "what is in it");
	ok(!is_at_or_below("/bootx", "/boot"), "another that begins so");
	ok(same_digits("aabbccdd:00112233", "AABBccdd-0011-2233", ":-"), "the same digits");
	ok(same_digits("aabb", "--aa-bb-", "-"), "and what is around them");
	ok(!same_digits("aa-bb", "aa:bb", "-"), "no other characters may stand there");
	ok(!same_digits("aabb", "aab", "-") && !same_digits("aab", "aabb", "-"), "a part of them");
	ok(!same_digits("aabb", "aabc", "-"), "others");
	ok(same_digits("", "-", "-"), "none, and none");
	return tap_done();
}
