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

// The next bytes of a row, zeros behind its end.
static inline __m128i AVX2 eight_bytes(const uint8_t *from, const uint8_t *end) {
  if (end - from >= 8) return _mm_loadl_epi64((const __m128i *)from);
  uint64_t bytes = 0;
  memcpy(&bytes, from, (size_t)(end - from));
  return _mm_cvtsi64_si128((long long)bytes);
}

// Two pixels at a time, each in four lanes of which the last is 0.
static void AVX2 horizontal_rgb(const uint8_t *row, const uint8_t *end, const ptrdiff_t *starts,
                                const ptrdiff_t *counts, const int32_t *weights, size_t taps,
                                size_t pixels, uint8_t *target) {
  const __m128i spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m256i pairs = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  const __m128i half = _mm_set1_epi32(1 << (PITH_RESAMPLE_BITS - 1));
  for (size_t x = 0; x < pixels; x++, weights += taps, target += 3) {
    const uint8_t *pixel = row + 3 * starts[x];
    const size_t count = (size_t)counts[x];
    __m256i sums = _mm256_setzero_si256();
    for (size_t tap = 0; tap < count; tap += 2, pixel += 6) {
      __m128i pair = count - tap > 1 ? _mm_loadl_epi64((const __m128i *)(weights + tap))
                                     : _mm_cvtsi32_si128(weights[tap]);
      __m256i weight = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair), pairs);
      __m256i values = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(eight_bytes(pixel, end), spread));
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(values, weight));
    }
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
    horizontal_rgb(row, row + row_bytes, starts, counts, weights, taps, pixels, target);
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
