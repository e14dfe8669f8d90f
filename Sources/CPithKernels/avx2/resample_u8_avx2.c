#include "pith_resample.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

static inline __m128i AVX2 bytes_of(__m128i sums) {
  __m128i values = _mm_srai_epi32(sums, PITH_RESAMPLE_BITS);
  __m128i words = _mm_packs_epi32(values, values);
  return _mm_packus_epi16(words, words);
}

// Four pixels at a time, of which each 128-bit half adds two, times the 12 low bits of their weights and times the bits above: so both
// factors have 16 bits, which vpmaddwd takes.
static void AVX2 horizontal_rgb(const uint8_t *row, size_t row_bytes, const ptrdiff_t *starts,
                                const ptrdiff_t *counts, const int32_t *weights, size_t taps,
                                size_t pixels, uint8_t *target) {
  enum { LOW_BITS = 12 };
  const __m256i pairs =
      _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                       6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  const __m256i high_pairs = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  const __m256i low_pairs = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
  const __m128i low_mask = _mm_set1_epi32((1 << LOW_BITS) - 1);
  const __m128i half = _mm_set1_epi32(1 << (PITH_RESAMPLE_BITS - 1));
  for (size_t x = 0; x < pixels; x++, weights += taps, target += 3) {
    // All weights, those of 0 too, so that every pixel takes as many turns; of the last, four bytes more are read.
    if (row_bytes < 3 * ((size_t)starts[x] + taps) + 4) {
      resample_horizontal_u8_portable(row, row_bytes, 3, starts + x, counts + x, weights, taps, 1,
                                      target);
      continue;
    }
    const uint8_t *pixel = row + 3 * starts[x];
    __m256i high = _mm256_setzero_si256(), low = high;
    for (size_t tap = 0; tap < taps; tap += 4, pixel += 12) {
      __m256i values = _mm256_shuffle_epi8(
          _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)pixel)), pairs);
      __m128i four = _mm_loadu_si128((const __m128i *)(weights + tap));
      __m256i parts = _mm256_castsi128_si256(
          _mm_packs_epi32(_mm_srai_epi32(four, LOW_BITS), _mm_and_si128(four, low_mask)));
      high = _mm256_add_epi32(
          high, _mm256_madd_epi16(values, _mm256_permutevar8x32_epi32(parts, high_pairs)));
      low = _mm256_add_epi32(
          low, _mm256_madd_epi16(values, _mm256_permutevar8x32_epi32(parts, low_pairs)));
    }
    __m256i sums = _mm256_add_epi32(_mm256_slli_epi32(high, LOW_BITS), low);
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    int32_t bytes = _mm_cvtsi128_si32(bytes_of(_mm_add_epi32(sum, half)));
    memcpy(target, &bytes, 3);
  }
}

void AVX2 resample_horizontal_u8_avx2(const uint8_t *row, size_t row_bytes, size_t channels,
                                      const ptrdiff_t *starts, const ptrdiff_t *counts,
                                      const int32_t *weights, size_t taps, size_t pixels,
                                      uint8_t *target) {
  if (channels == 3)
    horizontal_rgb(row, row_bytes, starts, counts, weights, taps, pixels, target);
  else
    resample_horizontal_u8_portable(row, row_bytes, channels, starts, counts, weights, taps, pixels,
                                    target);
}

// Target bytes x to x + 15.
static inline void AVX2 sixteen_columns(const uint8_t *rows, size_t row_bytes, size_t ring,
                                        size_t start, size_t count, const int32_t *weights,
                                        size_t x, uint8_t *target) {
  __m256i low = _mm256_set1_epi32(1 << (PITH_RESAMPLE_BITS - 1)), high = low;
  for (size_t tap = 0, row = start % ring; tap < count; tap++) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(rows + row * row_bytes + x));
    __m256i weight = _mm256_set1_epi32(weights[tap]);
    low = _mm256_add_epi32(low, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight));
    bytes = _mm_srli_si128(bytes, 8);
    high = _mm256_add_epi32(high, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight));
    row = row + 1 == ring ? 0 : row + 1;
  }
  low = _mm256_srai_epi32(low, PITH_RESAMPLE_BITS);
  high = _mm256_srai_epi32(high, PITH_RESAMPLE_BITS);
  __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
  __m128i bytes =
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128((__m128i *)(target + x), bytes);
}

void AVX2 resample_vertical_u8_avx2(const uint8_t *rows, size_t row_bytes, size_t ring,
                                    size_t start, size_t count, const int32_t *weights,
                                    uint8_t *target) {
  if (row_bytes < 16) {
    resample_vertical_u8_portable(rows, row_bytes, ring, start, count, weights, target);
    return;
  }
  size_t x = 0;
  for (; row_bytes - x >= 16; x += 16)
    sixteen_columns(rows, row_bytes, ring, start, count, weights, x, target);
  // The last ones once more with those before them.
  if (x < row_bytes)
    sixteen_columns(rows, row_bytes, ring, start, count, weights, row_bytes - 16, target);
}
#endif
