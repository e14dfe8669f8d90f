// The transpose of eight vectors of eight lanes.
#ifndef PITH_TRANSPOSE_H
#define PITH_TRANSPOSE_H

#include "lanes.h"

#define INTERLEAVE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

// In three rounds that keep to what shuffles do within and across halves.
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

#endif
