#include "../planes_value.h"
#include "pith_planes.h"

void planes_merge_f32_portable(uint32_t *restrict words, const uint8_t *restrict plane0,
                               const uint8_t *restrict plane1, const uint8_t *restrict plane2,
                               const uint8_t *restrict plane3, size_t count) {
  for (size_t i = 0; i < count; i++)
    words[i] = merge_f32(plane0[i], plane1[i], plane2[i], plane3[i]);
}

void planes_merge_u16_portable(uint16_t *restrict words, const uint8_t *restrict plane0,
                               const uint8_t *restrict plane1, size_t count) {
  for (size_t i = 0; i < count; i++) words[i] = merge_u16(plane0[i], plane1[i]);
}

void planes_merge_bf16_f32_portable(uint32_t *restrict words, const uint8_t *restrict plane0,
                                    const uint8_t *restrict plane1, size_t count) {
  for (size_t i = 0; i < count; i++) words[i] = (uint32_t)merge_u16(plane0[i], plane1[i]) << 16;
}

void planes_merge_f16_f32_portable(uint32_t *restrict words, const uint8_t *restrict plane0,
                                   const uint8_t *restrict plane1, size_t count) {
  for (size_t i = 0; i < count; i++) words[i] = f32_of_f16(merge_u16(plane0[i], plane1[i]));
}
