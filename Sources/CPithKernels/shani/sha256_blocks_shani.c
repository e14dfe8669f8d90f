#include "pith_sha256.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "../sha256_constants.h"

#define SHANI __attribute__((target("sha,ssse3,sse4.1")))

// The instructions want the state as the words a b e f and c d g h, the first of them highest.
void SHANI sha256_blocks_shani(uint32_t *state, const uint8_t *blocks, size_t block_count) {
  const __m128i big_endian = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

  for (; block_count > 0; block_count--, blocks += 64) {
    __m128i old_abef = abef, old_cdgh = cdgh;
    // The last sixteen words of the schedule, four by four.
    __m128i w[4];
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      int now = group % 4, next = (group + 1) % 4, before = (group + 3) % 4;
      if (group < 4) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(blocks + 16 * group));
        w[now] = _mm_shuffle_epi8(bytes, big_endian);
      } else {
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[now], w[next]),
                                    _mm_alignr_epi8(w[before], w[(group + 2) % 4], 4));
        w[now] = _mm_sha256msg2_epu32(sum, w[before]);
      }
      __m128i sum = _mm_add_epi32(
          w[now], _mm_loadu_si128((const __m128i *)(sha256_constants + 4 * group)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    }
    abef = _mm_add_epi32(abef, old_abef);
    cdgh = _mm_add_epi32(cdgh, old_cdgh);
  }

  __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#endif
