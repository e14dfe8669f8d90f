// One value of each kind: the plain form of the plane kernels, and the rest that fills no whole vector.
#ifndef PITH_PLANES_VALUE_H
#define PITH_PLANES_VALUE_H

#include <stdint.h>
#include <string.h>

static inline uint32_t rotate_left_32(uint32_t word) { return word << 1 | word >> 31; }

static inline uint32_t merge_f32(uint8_t byte0, uint8_t byte1, uint8_t byte2, uint8_t byte3) {
  uint32_t rotated =
      (uint32_t)byte0 << 24 | (uint32_t)byte1 << 16 | (uint32_t)byte2 << 8 | (uint32_t)byte3;
  return rotated >> 1 | rotated << 31;
}

static inline uint16_t rotate_left_16(uint16_t word) { return (uint16_t)(word << 1 | word >> 15); }

static inline uint16_t merge_u16(uint8_t byte0, uint8_t byte1) {
  uint32_t rotated = (uint32_t)byte0 << 8 | byte1;
  return (uint16_t)(rotated >> 1 | rotated << 15);
}

static inline uint32_t f32_of_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7FFF;
  uint32_t bits;
  if (magnitude < 0x400) {
    // Zero and subnormals are multiples of 2^-24.
    float value = (float)magnitude * 0x1p-24f;
    memcpy(&bits, &value, 4);
  } else {
    // The exponent's bias grows from 15 to 127, and once more for infinity and NaN.
    bits = (magnitude << 13) + 0x38000000 + (magnitude >= 0x7C00 ? 0x38000000 : 0);
  }
  return sign | bits;
}

#endif
