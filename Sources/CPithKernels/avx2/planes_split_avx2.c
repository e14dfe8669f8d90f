#include "pith_planes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

void AVX2 planes_split_f32_avx2(const uint32_t *words, uint8_t *plane0, uint8_t *plane1,
                                uint8_t *plane2, uint8_t *plane3, size_t count) {
  // In each half the bytes of four words become four groups, highest bytes first; then like groups meet.
  const __m256i by_byte = _mm256_setr_epi8(3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12,  //
                                           3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12);
  const __m256i by_plane = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    __m256i word = _mm256_loadu_si256((const __m256i *)(words + i));
    __m256i rotated = _mm256_or_si256(_mm256_slli_epi32(word, 1), _mm256_srli_epi32(word, 31));
    __m256i planes =
        _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(rotated, by_byte), by_plane);
    __m128i first = _mm256_castsi256_si128(planes), last = _mm256_extracti128_si256(planes, 1);
    _mm_storel_epi64((__m128i *)(plane0 + i), first);
    _mm_storel_epi64((__m128i *)(plane1 + i), _mm_unpackhi_epi64(first, first));
    _mm_storel_epi64((__m128i *)(plane2 + i), last);
    _mm_storel_epi64((__m128i *)(plane3 + i), _mm_unpackhi_epi64(last, last));
  }
  planes_split_f32_portable(words + i, plane0 + i, plane1 + i, plane2 + i, plane3 + i, count - i);
}

void AVX2 planes_split_u16_avx2(const uint16_t *words, uint8_t *plane0, uint8_t *plane1,
                                size_t count) {
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    __m256i word = _mm256_loadu_si256((const __m256i *)(words + i));
    __m256i rotated = _mm256_or_si256(_mm256_slli_epi16(word, 1), _mm256_srli_epi16(word, 15));
    __m256i high = _mm256_srli_epi16(rotated, 8);
    __m256i low = _mm256_and_si256(rotated, _mm256_set1_epi16(0xFF));
    __m256i planes = _mm256_permute4x64_epi64(_mm256_packus_epi16(high, low), 0xD8);
    _mm_storeu_si128((__m128i *)(plane0 + i), _mm256_castsi256_si128(planes));
    _mm_storeu_si128((__m128i *)(plane1 + i), _mm256_extracti128_si256(planes, 1));
  }
  planes_split_u16_portable(words + i, plane0 + i, plane1 + i, count - i);
}
#endif
