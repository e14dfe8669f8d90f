// What the processor can do at most: multiplications with an addition that never leave the registers.
#ifndef PITH_PEAK_H
#define PITH_PEAK_H

#include <stddef.h>

// The multiplications with an addition of one round, whatever the instruction set.
enum { pith_peak_multiply_adds = 192 };

// Repeats sum = sum * factor + term in as many independent sums as keep the units busy. Returns their mean: with a factor
// below 1 and many rounds that is term / (1 - factor).
#define PITH_PEAK_KERNEL(variant) float peak_f32_##variant(size_t rounds, float factor, float term)

PITH_PEAK_KERNEL(portable);
#if defined(__x86_64__)
PITH_PEAK_KERNEL(avx2);
PITH_PEAK_KERNEL(avx512);
#endif
#if defined(__aarch64__)
PITH_PEAK_KERNEL(neon);
#endif

#endif
