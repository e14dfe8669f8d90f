// What becomes of one sum of a product: the plain form of the fused write-back.
#ifndef PITH_GEMM_VALUE_H
#define PITH_GEMM_VALUE_H

#include "pith_gemm.h"

static inline float clamp_f32(float value, float low, float high) {
  value = value < low ? low : value;
  return value > high ? high : value;
}

// Writes `rows` x `columns` sums, of which `tile` has `tile_columns` a row, into C from row `first_row` on.
static inline void write_tile(const float *tile, size_t tile_columns, size_t first_row, size_t rows,
                              size_t columns, float *c, size_t stride,
                              const pith_gemm_epilogue *epilogue) {
  for (size_t r = 0; r < rows; r++) {
    size_t row = first_row + r;
    float *to = c + row * stride;
    const float *residual = epilogue->residual ? epilogue->residual + row * stride : NULL;
    float bias = epilogue->row_bias ? epilogue->row_bias[row] : 0;
    for (size_t j = 0; j < columns; j++) {
      float value = tile[r * tile_columns + j];
      value += epilogue->accumulate ? to[j]
                                    : bias + (epilogue->column_bias ? epilogue->column_bias[j] : 0);
      if (residual) value += residual[j];
      to[j] = clamp_f32(value, epilogue->low, epilogue->high);
    }
  }
}

#endif
