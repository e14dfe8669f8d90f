// Included once for each instruction set, which defines NAME(base).
#include <stddef.h>

#define INTERLEAVE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// The transpose of eight rows of eight, in three rounds that keep to what shuffles do within and across halves.
INLINE void transpose(lanes rows[8]) {
  lanes pairs[8], quads[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    pairs[i] = INTERLEAVE(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = INTERLEAVE(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  UNROLL for (int half = 0; half < 8; half += 4) {
    UNROLL for (int i = 0; i < 2; i++) {
      lanes upper = pairs[half + i], lower = pairs[half + 2 + i];
      quads[half + 2 * i] = INTERLEAVE(upper, lower, 0, 1, 8, 9, 4, 5, 12, 13);
      quads[half + 2 * i + 1] = INTERLEAVE(upper, lower, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  UNROLL for (int i = 0; i < 4; i++) {
    rows[i] = INTERLEAVE(quads[i], quads[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    rows[i + 4] = INTERLEAVE(quads[i], quads[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

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
