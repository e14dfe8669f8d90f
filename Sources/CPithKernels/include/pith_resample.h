// The two passes of a resize of 8-bit pixels, with integer weights of PITH_RESAMPLE_BITS fractional bits. Sums are rounded and
// held to a byte, so that all variants have the same results: those of Pillow's `ImagingResample{Horizontal,Vertical}_8bpc`.
//
// horizontal: target pixel x, of `channels` bytes, is the sum of counts[x] pixels of `row` from starts[x] on, by weights[x * taps
// ...]; `taps` is a multiple of PITH_RESAMPLE_GROUP, and the weights behind the counts[x] first are 0. vertical: target byte x is
// the sum over `count` rows from `start` on, the row r being row `r % ring` of `rows`, by weights[0 ...]. `row_bytes` is the length
// of a row of the source. No weights make a sum leave 32 bits; none is as large as 32.
#ifndef PITH_RESAMPLE_H
#define PITH_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define PITH_RESAMPLE_BITS 22
#define PITH_RESAMPLE_GROUP 4

#define PITH_RESAMPLE_KERNELS(variant)                                                             \
  void resample_horizontal_u8_##variant(                                                           \
      const uint8_t *row, size_t row_bytes, size_t channels, const ptrdiff_t *starts,              \
      const ptrdiff_t *counts, const int32_t *weights, size_t taps, size_t pixels,                 \
      uint8_t *target);                                                                            \
  void resample_vertical_u8_##variant(const uint8_t *rows, size_t row_bytes, size_t ring,          \
                                      size_t start, size_t count, const int32_t *weights,          \
                                      uint8_t *target)

PITH_RESAMPLE_KERNELS(portable);
#if defined(__x86_64__)
PITH_RESAMPLE_KERNELS(avx2);
#endif

#endif
