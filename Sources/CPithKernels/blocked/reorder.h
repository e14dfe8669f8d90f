// Included once for each instruction set, which defines NAME(base).
#include <stddef.h>

#include "transpose.h"

void NAME(to_blocks_f32_8)(size_t channels, size_t pixels, const float *planes, float *blocks) {
  for (size_t channel = 0; channel < channels; channel += 8, blocks += 8 * pixels) {
    const float *from = planes + channel * pixels;
    size_t present = channels - channel < 8 ? channels - channel : 8;
    size_t p = 0;
    for (; p + 8 <= pixels; p += 8) {
      lanes rows[8];
      if (present == 8) {
        UNROLL for (size_t c = 0; c < 8; c++) rows[c] = load(from + c * pixels + p);
      } else {
        UNROLL for (size_t c = 0; c < 8; c++)
          rows[c] = c < present ? load(from + c * pixels + p) : all(0);
      }
      transpose(rows);
      UNROLL for (size_t i = 0; i < 8; i++) store(blocks + 8 * (p + i), rows[i]);
    }
    for (; p < pixels; p++)
      for (size_t c = 0; c < 8; c++) blocks[8 * p + c] = c < present ? from[c * pixels + p] : 0;
  }
}

void NAME(from_blocks_f32_8)(size_t channels, size_t pixels, const float *blocks, float *planes) {
  for (size_t channel = 0; channel < channels; channel += 8, blocks += 8 * pixels) {
    float *to = planes + channel * pixels;
    size_t present = channels - channel < 8 ? channels - channel : 8;
    size_t p = 0;
    for (; p + 8 <= pixels; p += 8) {
      lanes rows[8];
      UNROLL for (size_t i = 0; i < 8; i++) rows[i] = load(blocks + 8 * (p + i));
      transpose(rows);
      UNROLL for (size_t c = 0; c < 8; c++)
        if (c < present) store(to + c * pixels + p, rows[c]);
    }
    for (; p < pixels; p++)
      for (size_t c = 0; c < present; c++) to[c * pixels + p] = blocks[8 * p + c];
  }
}
