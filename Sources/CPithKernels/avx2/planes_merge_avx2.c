#include "pith_planes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static inline __m256i AVX2 eight_bytes(const uint8_t *plane) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)plane));
}

static inline __m256i AVX2 sixteen_bytes(const uint8_t *plane) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)plane));
}

static inline __m256i AVX2 sixteen_words(const uint8_t *plane0, const uint8_t *plane1) {
  __m256i rotated =
      _mm256_or_si256(_mm256_slli_epi16(sixteen_bytes(plane0), 8), sixteen_bytes(plane1));
  return _mm256_or_si256(_mm256_srli_epi16(rotated, 1), _mm256_slli_epi16(rotated, 15));
}

static inline __m256i AVX2 low_half(__m256i words) {
  return _mm256_cvtepu16_epi32(_mm256_castsi256_si128(words));
}

static inline __m256i AVX2 high_half(__m256i words) {
  return _mm256_cvtepu16_epi32(_mm256_extracti128_si256(words, 1));
}

// Integer arithmetic and no F16C, so that signalling NaNs come through.
static inline __m256i AVX2 f32_of_f16_bits(__m256i halves) {
  const __m256i bias = _mm256_set1_epi32(0x38000000);
  __m256i sign = _mm256_slli_epi32(_mm256_and_si256(halves, _mm256_set1_epi32(0x8000)), 16);
  __m256i magnitude = _mm256_and_si256(halves, _mm256_set1_epi32(0x7FFF));
  __m256i special = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7BFF));
  __m256i normal = _mm256_add_epi32(_mm256_slli_epi32(magnitude, 13), bias);
  normal = _mm256_add_epi32(normal, _mm256_and_si256(special, bias));
  __m256i subnormal = _mm256_castps_si256(
      _mm256_mul_ps(_mm256_cvtepi32_ps(magnitude), _mm256_set1_ps(0x1p-24f)));
  __m256i tiny = _mm256_cmpgt_epi32(_mm256_set1_epi32(0x400), magnitude);
  return _mm256_or_si256(sign, _mm256_blendv_epi8(normal, subnormal, tiny));
}

void AVX2 planes_merge_f32_avx2(uint32_t *words, const uint8_t *plane0, const uint8_t *plane1,
                                const uint8_t *plane2, const uint8_t *plane3, size_t count) {
  size_t i = 0;
  for (; count - i >= 8; i += 8) {
    __m256i high = _mm256_or_si256(_mm256_slli_epi32(eight_bytes(plane0 + i), 23),
                                   _mm256_slli_epi32(eight_bytes(plane1 + i), 15));
    __m256i low = eight_bytes(plane3 + i);
    low = _mm256_or_si256(_mm256_srli_epi32(low, 1), _mm256_slli_epi32(low, 31));
    low = _mm256_or_si256(low, _mm256_slli_epi32(eight_bytes(plane2 + i), 7));
    _mm256_storeu_si256((__m256i *)(words + i), _mm256_or_si256(high, low));
  }
  planes_merge_f32_portable(words + i, plane0 + i, plane1 + i, plane2 + i, plane3 + i, count - i);
}

void AVX2 planes_merge_u16_avx2(uint16_t *words, const uint8_t *plane0, const uint8_t *plane1,
                                size_t count) {
  size_t i = 0;
  for (; count - i >= 16; i += 16)
    _mm256_storeu_si256((__m256i *)(words + i), sixteen_words(plane0 + i, plane1 + i));
  planes_merge_u16_portable(words + i, plane0 + i, plane1 + i, count - i);
}

void AVX2 planes_merge_bf16_f32_avx2(uint32_t *words, const uint8_t *plane0, const uint8_t *plane1,
                                     size_t count) {
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    __m256i halves = sixteen_words(plane0 + i, plane1 + i);
    __m256i low = _mm256_slli_epi32(low_half(halves), 16);
    __m256i high = _mm256_slli_epi32(high_half(halves), 16);
    _mm256_storeu_si256((__m256i *)(words + i), low);
    _mm256_storeu_si256((__m256i *)(words + i + 8), high);
  }
  planes_merge_bf16_f32_portable(words + i, plane0 + i, plane1 + i, count - i);
}

void AVX2 planes_merge_f16_f32_avx2(uint32_t *words, const uint8_t *plane0, const uint8_t *plane1,
                                    size_t count) {
  size_t i = 0;
  for (; count - i >= 16; i += 16) {
    __m256i halves = sixteen_words(plane0 + i, plane1 + i);
    _mm256_storeu_si256((__m256i *)(words + i), f32_of_f16_bits(low_half(halves)));
    _mm256_storeu_si256((__m256i *)(words + i + 8), f32_of_f16_bits(high_half(halves)));
  }
  planes_merge_f16_f32_portable(words + i, plane0 + i, plane1 + i, count - i);
}
#endif
