#include "pith_scanline.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

// A pixel at a time: each needs the one before it. The bytes of three channels and one more are read and written where a pixel
// follows, whose bytes are written later.
static inline __m128i AVX2 pixel_at(const uint8_t *from, size_t bytes) {
  int32_t pixel = 0;
  memcpy(&pixel, from, bytes);
  return _mm_cvtsi32_si128(pixel);
}

static inline void AVX2 set_pixel(uint8_t *to, __m128i value, size_t bytes) {
  int32_t pixel = _mm_cvtsi128_si32(value);
  memcpy(to, &pixel, bytes);
}

static inline __m128i AVX2 sub(__m128i left, __m128i above, __m128i corner) {
  (void)above, (void)corner;
  return left;
}

static inline __m128i AVX2 average(__m128i left, __m128i above, __m128i corner) {
  (void)corner;
  // vpavgb rounds up.
  __m128i odd = _mm_and_si128(_mm_xor_si128(left, above), _mm_set1_epi8(1));
  return _mm_sub_epi8(_mm_avg_epu8(left, above), odd);
}

#define RECONSTRUCT(name)                                                                          \
  static inline void AVX2 reconstruct_##name(const uint8_t *filtered, const uint8_t *prior,        \
                                             size_t count, size_t channels, uint8_t *row) {        \
    __m128i left = _mm_setzero_si128(), corner = left;                                             \
    size_t x = 0;                                                                                  \
    for (; x + channels < count; x += channels) {                                                  \
      __m128i above = pixel_at(prior + x, 4);                                                      \
      left = _mm_add_epi8(pixel_at(filtered + x, 4), name(left, above, corner));                   \
      set_pixel(row + x, left, 4);                                                                 \
      corner = above;                                                                              \
    }                                                                                              \
    __m128i above = pixel_at(prior + x, channels);                                                 \
    left = _mm_add_epi8(pixel_at(filtered + x, channels), name(left, above, corner));              \
    set_pixel(row + x, left, channels);                                                            \
  }

RECONSTRUCT(sub)
RECONSTRUCT(average)

// In 16-bit lanes, which hold the differences. What is added to each of the three bytes is added before it is known which is the
// nearest: so the way from one pixel to the next is short.
static inline __m128i AVX2 paeth(__m128i left, __m128i above, __m128i corner, __m128i added) {
  const __m128i byte = _mm_set1_epi16(0xFF);
  __m128i from_corner = _mm_sub_epi16(above, corner), by_above = _mm_sub_epi16(left, corner);
  __m128i by_corner = _mm_abs_epi16(_mm_add_epi16(by_above, from_corner));
  __m128i by_left = _mm_abs_epi16(from_corner);
  by_above = _mm_abs_epi16(by_above);
  __m128i is_corner = _mm_cmpgt_epi16(by_above, by_corner);
  __m128i is_other = _mm_cmpgt_epi16(by_left, _mm_min_epi16(by_above, by_corner));
  left = _mm_and_si128(_mm_add_epi16(left, added), byte);
  above = _mm_and_si128(_mm_add_epi16(above, added), byte);
  corner = _mm_and_si128(_mm_add_epi16(corner, added), byte);
  return _mm_blendv_epi8(left, _mm_blendv_epi8(above, corner, is_corner), is_other);
}

static inline void AVX2 reconstruct_paeth(const uint8_t *filtered, const uint8_t *prior,
                                          size_t count, size_t channels, uint8_t *row) {
  __m128i left = _mm_setzero_si128(), corner = left;
  size_t x = 0;
  for (; x + channels < count; x += channels) {
    __m128i above = _mm_cvtepu8_epi16(pixel_at(prior + x, 4));
    left = paeth(left, above, corner, _mm_cvtepu8_epi16(pixel_at(filtered + x, 4)));
    set_pixel(row + x, _mm_packus_epi16(left, left), 4);
    corner = above;
  }
  __m128i above = _mm_cvtepu8_epi16(pixel_at(prior + x, channels));
  left = paeth(left, above, corner, _mm_cvtepu8_epi16(pixel_at(filtered + x, channels)));
  set_pixel(row + x, _mm_packus_epi16(left, left), channels);
}

static void AVX2 reconstruct_up(const uint8_t *filtered, const uint8_t *prior, size_t count,
                                uint8_t *row) {
  size_t x = 0;
  for (; x + 32 <= count; x += 32) {
    __m256i above = _mm256_loadu_si256((const __m256i *)(prior + x));
    __m256i added = _mm256_loadu_si256((const __m256i *)(filtered + x));
    _mm256_storeu_si256((__m256i *)(row + x), _mm256_add_epi8(added, above));
  }
  for (; x < count; x++) row[x] = (uint8_t)(filtered[x] + prior[x]);
}

void AVX2 reconstruct_scanline_u8_avx2(uint8_t filter, const uint8_t *filtered,
                                       const uint8_t *prior, size_t count, size_t channels,
                                       uint8_t *row) {
  if (filter == PITH_FILTER_NONE) {
    memcpy(row, filtered, count);
  } else if (filter == PITH_FILTER_UP) {
    reconstruct_up(filtered, prior, count, row);
  } else if (channels == 1) {
    reconstruct_scanline_u8_portable(filter, filtered, prior, count, channels, row);
  } else if (filter == PITH_FILTER_SUB) {
    if (channels == 3) reconstruct_sub(filtered, prior, count, 3, row);
    else reconstruct_sub(filtered, prior, count, 4, row);
  } else if (filter == PITH_FILTER_AVERAGE) {
    if (channels == 3) reconstruct_average(filtered, prior, count, 3, row);
    else reconstruct_average(filtered, prior, count, 4, row);
  } else {
    if (channels == 3) reconstruct_paeth(filtered, prior, count, 3, row);
    else reconstruct_paeth(filtered, prior, count, 4, row);
  }
}
#endif
