#include "../gemm_value.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum { tile_rows = 8, tile_columns = 8 };

// Four rows of sums, rows * right[v], with the row's value taken from one lane of `left`.
#define MULTIPLY_ROW(r, left, lane)                                         \
  sums[r][0] = vfmaq_laneq_f32(sums[r][0], right[0], left, lane);           \
  sums[r][1] = vfmaq_laneq_f32(sums[r][1], right[1], left, lane)

static inline float32x4_t clamp(float32x4_t value, float32x4_t low, float32x4_t high) {
  value = vbslq_f32(vcltq_f32(value, low), low, value);
  return vbslq_f32(vcgtq_f32(value, high), high, value);
}

static inline void write_full_tile(float32x4_t sums[8][2], size_t first_row, float *c, size_t stride,
                                   const pith_gemm_epilogue *epilogue) {
  float32x4_t low = vdupq_n_f32(epilogue->low), high = vdupq_n_f32(epilogue->high);
#pragma clang loop unroll(full)
  for (int r = 0; r < tile_rows; r++) {
    size_t row = first_row + (size_t)r;
    float *to = c + row * stride;
    float32x4_t row_bias = vdupq_n_f32(epilogue->row_bias ? epilogue->row_bias[row] : 0);
#pragma clang loop unroll(full)
    for (int v = 0; v < 2; v++) {
      float32x4_t base = row_bias;
      if (epilogue->accumulate)
        base = vld1q_f32(to + 4 * v);
      else if (epilogue->column_bias)
        base = vaddq_f32(base, vld1q_f32(epilogue->column_bias + 4 * v));
      float32x4_t value = vaddq_f32(sums[r][v], base);
      if (epilogue->residual)
        value = vaddq_f32(value, vld1q_f32(epilogue->residual + row * stride + 4 * v));
      vst1q_f32(to + 4 * v, clamp(value, low, high));
    }
  }
}

void gemm_f32_8x8_neon(size_t rows, size_t columns, size_t depth, const float *a, const float *b,
                       float *c, size_t stride, const pith_gemm_epilogue *epilogue) {
  for (size_t row = 0; row < rows; row += tile_rows) {
    float32x4_t sums[8][2];
#pragma clang loop unroll(full)
    for (int r = 0; r < tile_rows; r++) sums[r][0] = sums[r][1] = vdupq_n_f32(0);
    const float *right_row = b;
    for (size_t k = 0; k < depth; k++, a += tile_rows, right_row += tile_columns) {
      float32x4_t right[2] = {vld1q_f32(right_row), vld1q_f32(right_row + 4)};
      float32x4_t upper = vld1q_f32(a), lower = vld1q_f32(a + 4);
      MULTIPLY_ROW(0, upper, 0);
      MULTIPLY_ROW(1, upper, 1);
      MULTIPLY_ROW(2, upper, 2);
      MULTIPLY_ROW(3, upper, 3);
      MULTIPLY_ROW(4, lower, 0);
      MULTIPLY_ROW(5, lower, 1);
      MULTIPLY_ROW(6, lower, 2);
      MULTIPLY_ROW(7, lower, 3);
    }
    size_t left_over = rows - row;
    if (left_over >= tile_rows && columns == tile_columns) {
      write_full_tile(sums, row, c, stride, epilogue);
      continue;
    }
    float tile[8 * 8];
#pragma clang loop unroll(full)
    for (int r = 0; r < tile_rows; r++) {
      vst1q_f32(tile + 8 * r, sums[r][0]);
      vst1q_f32(tile + 8 * r + 4, sums[r][1]);
    }
    write_tile(tile, tile_columns, row, left_over < tile_rows ? left_over : tile_rows, columns, c,
               stride, epilogue);
  }
}
#endif
