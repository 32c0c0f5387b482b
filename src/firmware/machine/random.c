/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's random numbers: xoshiro256** (Blackman and Vigna, 2018) from a
 * seed of the user's, so that two runs are alike. Good enough for guests that
 * are never trusted with a secret.
 */
#include "firmware/machine/machine.h"
#include "firmware/machine/random.h"

static uint64_t rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static uint64_t next(uint64_t s[4])
{
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

void machine_seed(struct machine *m, uint64_t seed)
{
	/* SplitMix64 spreads the seed, as the generator's authors advise: its state must not be 0. */
	for (unsigned i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		m->rng[i] = z ^ z >> 31;
	}
}

void machine_random(struct machine *m, uint8_t *to, size_t len)
{
	while (len) {
		size_t n = len < 8 ? len : 8;
		uint64_t v = next(m->rng);

		for (size_t i = 0; i < n; i++)
			to[i] = (uint8_t)(v >> 8 * i);
		to += n;
		len -= n;
	}
}
