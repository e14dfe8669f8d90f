#include "pith_gemm.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

enum { tile_rows = 6, tile_columns = 16 };

#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))

// The first `columns` lanes of eight.
INLINE __m256i lanes(size_t columns) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)columns), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE __m256 load(const float *from, int masked, __m256i mask) {
  return masked ? _mm256_maskload_ps(from, mask) : _mm256_loadu_ps(from);
}

// One tile of `rows` <= 6 rows and `vectors` <= 2 vectors, both constants after inlining; the last vector is
// cut off after `columns`.
INLINE void multiply_tile(const int rows, const int vectors, const int masked, size_t first_row,
                          size_t columns, size_t depth, const float *a, const float *b, float *c,
                          size_t stride, const pith_gemm_epilogue *epilogue) {
  __m256 sums[6][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();

#pragma clang loop unroll_count(2)
  for (size_t k = 0; k < depth; k++, a += tile_rows, b += tile_columns) {
    __m256 right[2];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) right[v] = _mm256_loadu_ps(b + 8 * v);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      __m256 left = _mm256_broadcast_ss(a + r);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sums[r][v] = _mm256_fmadd_ps(left, right[v], sums[r][v]);
    }
  }

  __m256i mask = lanes(columns - 8 * (size_t)(vectors - 1));
  __m256 low = _mm256_set1_ps(epilogue->low), high = _mm256_set1_ps(epilogue->high);
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    size_t row = first_row + (size_t)r;
    float *to = c + row * stride;
    __m256 row_bias = _mm256_setzero_ps();
    if (epilogue->row_bias) row_bias = _mm256_broadcast_ss(epilogue->row_bias + row);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      int cut = masked && v == vectors - 1;
      __m256 base = row_bias;
      if (epilogue->accumulate)
        base = load(to + 8 * v, cut, mask);
      else if (epilogue->column_bias)
        base = _mm256_add_ps(base, load(epilogue->column_bias + 8 * v, cut, mask));
      __m256 value = _mm256_add_ps(sums[r][v], base);
      if (epilogue->residual)
        value = _mm256_add_ps(value, load(epilogue->residual + row * stride + 8 * v, cut, mask));
      // Both return their second operand when one is NaN.
      value = _mm256_min_ps(high, _mm256_max_ps(low, value));
      if (cut)
        _mm256_maskstore_ps(to + 8 * v, mask, value);
      else
        _mm256_storeu_ps(to + 8 * v, value);
    }
  }
}

// All rows for one shape of columns.
INLINE void multiply_rows(const int vectors, const int masked, size_t rows, size_t columns,
                          size_t depth, const float *a, const float *b, float *c, size_t stride,
                          const pith_gemm_epilogue *epilogue) {
  size_t row = 0;
  for (; rows - row >= tile_rows; row += tile_rows, a += depth * tile_rows)
    multiply_tile(6, vectors, masked, row, columns, depth, a, b, c, stride, epilogue);
  switch (rows - row) {
    case 1: multiply_tile(1, vectors, masked, row, columns, depth, a, b, c, stride, epilogue); break;
    case 2: multiply_tile(2, vectors, masked, row, columns, depth, a, b, c, stride, epilogue); break;
    case 3: multiply_tile(3, vectors, masked, row, columns, depth, a, b, c, stride, epilogue); break;
    case 4: multiply_tile(4, vectors, masked, row, columns, depth, a, b, c, stride, epilogue); break;
    case 5: multiply_tile(5, vectors, masked, row, columns, depth, a, b, c, stride, epilogue); break;
  }
}

__attribute__((target("avx2,fma"))) void gemm_f32_6x16_avx2(
    size_t rows, size_t columns, size_t depth, const float *a, const float *b, float *c,
    size_t stride, const pith_gemm_epilogue *epilogue) {
  if (columns == 16)
    multiply_rows(2, 0, rows, columns, depth, a, b, c, stride, epilogue);
  else if (columns > 8)
    multiply_rows(2, 1, rows, columns, depth, a, b, c, stride, epilogue);
  else
    multiply_rows(1, 1, rows, columns, depth, a, b, c, stride, epilogue);
}
#endif
