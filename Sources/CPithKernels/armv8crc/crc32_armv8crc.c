#include "pith_crc32.h"

#if defined(__aarch64__)
#include <arm_acle.h>
#include <string.h>

uint32_t __attribute__((target("crc"))) crc32_armv8crc(uint32_t crc, const uint8_t *bytes,
                                                       size_t count) {
  crc = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __crc32d(crc, word);
  }
  while (count-- > 0) crc = __crc32b(crc, *bytes++);
  return ~crc;
}
#endif
