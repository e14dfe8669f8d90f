// C = A * B for packed operands in binary32, with everything that follows a product fused into its write-back.
//
// A: panels of `tile rows` rows, one after the other, each [depth][tile rows]; rows that fill no panel are
//    followed by zeros. B: one panel, [depth][tile columns], likewise. C: `rows` x `columns`, 1 <= columns <=
//    tile columns, row-major with `stride` floats from row to row; nothing beyond it is read or written.
//
// Every element is one chain of multiply-adds in the order of depth, whatever tile it falls into.
#ifndef PITH_GEMM_H
#define PITH_GEMM_H

#include <stdbool.h>
#include <stddef.h>

// c = clamp(sum + (accumulate ? c : row_bias[row] + column_bias[column]) + residual[row][column]).
// The clamp leaves NaN alone: it is value < low ? low : value > high ? high : value.
typedef struct {
  const float *row_bias;     // `rows` values, or null
  const float *column_bias;  // `columns` values, or null
  const float *residual;     // laid out as C is, or null
  float low, high;
  bool accumulate;           // add to C and leave the biases out
} pith_gemm_epilogue;

#define PITH_GEMM_KERNEL(name)                                                                 \
  void name(size_t rows, size_t columns, size_t depth, const float *a, const float *b, float *c, \
            size_t stride, const pith_gemm_epilogue *epilogue)

PITH_GEMM_KERNEL(gemm_f32_4x8_portable);
#if defined(__x86_64__)
PITH_GEMM_KERNEL(gemm_f32_6x16_avx2);
#endif
#if defined(__aarch64__)
PITH_GEMM_KERNEL(gemm_f32_8x8_neon);
#endif

#endif
