#include "../planes_value.h"
#include "pith_planes.h"

void planes_split_f32_portable(const uint32_t *restrict words, uint8_t *restrict plane0,
                               uint8_t *restrict plane1, uint8_t *restrict plane2,
                               uint8_t *restrict plane3, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t rotated = rotate_left_32(words[i]);
    plane0[i] = (uint8_t)(rotated >> 24);
    plane1[i] = (uint8_t)(rotated >> 16);
    plane2[i] = (uint8_t)(rotated >> 8);
    plane3[i] = (uint8_t)rotated;
  }
}

void planes_split_u16_portable(const uint16_t *restrict words, uint8_t *restrict plane0,
                               uint8_t *restrict plane1, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint16_t rotated = rotate_left_16(words[i]);
    plane0[i] = (uint8_t)(rotated >> 8);
    plane1[i] = (uint8_t)rotated;
  }
}
