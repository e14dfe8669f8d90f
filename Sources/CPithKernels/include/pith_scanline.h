// The reconstruction of a PNG scanline (Portable Network Graphics Specification, second edition, section 9.2).
//
// Byte x of `row` becomes filtered[x] plus the prediction of `filter`, 0 to 4, from the bytes to the left in `row`, above in `prior`
// and to the left of that, `channels` (1, 3 or 4) bytes away; those outside are 0. All three have `count` bytes, a multiple of
// `channels`, and `row` is apart from the others. All variants have the same results.
#ifndef PITH_SCANLINE_H
#define PITH_SCANLINE_H

#include <stddef.h>
#include <stdint.h>

enum {
  PITH_FILTER_NONE,
  PITH_FILTER_SUB,
  PITH_FILTER_UP,
  PITH_FILTER_AVERAGE,
  PITH_FILTER_PAETH,
  PITH_FILTERS,
};

#define PITH_SCANLINE_KERNEL(variant)                                                              \
  void reconstruct_scanline_u8_##variant(uint8_t filter, const uint8_t *filtered,                  \
                                         const uint8_t *prior, size_t count, size_t channels,      \
                                         uint8_t *row)

PITH_SCANLINE_KERNEL(portable);
#if defined(__x86_64__)
PITH_SCANLINE_KERNEL(avx2);
#endif

#endif
