#include "../gemm_value.h"

enum { tile_rows = 4, tile_columns = 8 };

void gemm_f32_4x8_portable(size_t rows, size_t columns, size_t depth, const float *a, const float *b,
                           float *c, size_t stride, const pith_gemm_epilogue *epilogue) {
  for (size_t row = 0; row < rows; row += tile_rows, a += depth * tile_rows) {
    float sums[tile_rows][tile_columns] = {{0}};
    for (size_t k = 0; k < depth; k++) {
      const float *left = a + k * tile_rows, *right = b + k * tile_columns;
#pragma clang loop unroll(full)
      for (int r = 0; r < tile_rows; r++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < tile_columns; j++) sums[r][j] += left[r] * right[j];
      }
    }
    size_t left_over = rows - row;
    write_tile(&sums[0][0], tile_columns, row, left_over < tile_rows ? left_over : tile_rows, columns,
               c, stride, epilogue);
  }
}
