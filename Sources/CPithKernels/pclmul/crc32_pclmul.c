#include "pith_crc32.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define PCLMUL __attribute__((target("pclmul,sse4.1")))

static inline __m128i PCLMUL load(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}

// Moves 16 bytes ahead in the message, by the distance of which `factors` are the powers of x, onto `next`.
static inline __m128i PCLMUL fold(__m128i bytes, __m128i factors, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(bytes, factors, 0x00);
  __m128i high = _mm_clmulepi64_si128(bytes, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

uint32_t PCLMUL crc32_pclmul(uint32_t crc, const uint8_t *bytes, size_t count) {
  if (count < 64) return crc32_portable(crc, bytes, count);

  // x^(d+32) and x^(d-32) modulo the polynomial, bits reflected, for d = 512 and 128 (Gopal et al. 2009).
  const __m128i by512 = _mm_set_epi64x(0x1C6E41596, 0x154442BD4);
  const __m128i by128 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);

  __m128i first = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)~crc));
  __m128i second = load(bytes + 16), third = load(bytes + 32), fourth = load(bytes + 48);
  for (bytes += 64, count -= 64; count >= 64; bytes += 64, count -= 64) {
    first = fold(first, by512, load(bytes));
    second = fold(second, by512, load(bytes + 16));
    third = fold(third, by512, load(bytes + 32));
    fourth = fold(fourth, by512, load(bytes + 48));
  }
  first = fold(fold(fold(first, by128, second), by128, third), by128, fourth);
  for (; count >= 16; bytes += 16, count -= 16) first = fold(first, by128, load(bytes));

  // These 16 bytes have the remainder of all that was read, the start value included.
  uint8_t folded[16];
  _mm_storeu_si128((__m128i *)folded, first);
  return crc32_portable(crc32_portable(~0u, folded, 16), bytes, count);
}
#endif
