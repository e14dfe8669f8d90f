// Values as byte planes: each word is rotated left by one, so that the exponent fills one byte, and the n-th
// bytes of all words lie together, from the highest byte (plane 0, the exponent) to the lowest.
//
// Merge makes `count` values out of planes of `count` bytes; split is its inverse. Values and planes need no
// alignment beyond that of their type and must not overlap.
#ifndef PITH_PLANES_H
#define PITH_PLANES_H

#include <stddef.h>
#include <stdint.h>

// `variant` is portable or avx2. The two last merge 16-bit planes straight to the words of binary32:
// bf16_f32 from bfloat16, f16_f32 from binary16 (NaN payloads are kept, signalling NaNs stay signalling).
#define PITH_PLANES_KERNELS(variant)                                                              \
  void planes_merge_f32_##variant(uint32_t *words, const uint8_t *plane0, const uint8_t *plane1,  \
                                  const uint8_t *plane2, const uint8_t *plane3, size_t count);    \
  void planes_split_f32_##variant(const uint32_t *words, uint8_t *plane0, uint8_t *plane1,        \
                                  uint8_t *plane2, uint8_t *plane3, size_t count);                \
  void planes_merge_u16_##variant(uint16_t *words, const uint8_t *plane0, const uint8_t *plane1,  \
                                  size_t count);                                                  \
  void planes_split_u16_##variant(const uint16_t *words, uint8_t *plane0, uint8_t *plane1,        \
                                  size_t count);                                                  \
  void planes_merge_bf16_f32_##variant(uint32_t *words, const uint8_t *plane0,                    \
                                       const uint8_t *plane1, size_t count);                      \
  void planes_merge_f16_f32_##variant(uint32_t *words, const uint8_t *plane0,                     \
                                      const uint8_t *plane1, size_t count)

PITH_PLANES_KERNELS(portable);
#if defined(__x86_64__)
PITH_PLANES_KERNELS(avx2);
#endif

#endif
