// Where the taps of a window fall for a panel of output columns.
#ifndef PITH_WINDOW_TAPS_H
#define PITH_WINDOW_TAPS_H

#include "pith_window.h"

// taps[tap][lane] = the index into a plane, or -1 outside it and for lanes from `columns` on.
static inline __attribute__((always_inline)) void find_taps(const pith_window *window,
                                                            const int tile_columns,
                                                            size_t first_column, size_t columns,
                                                            int32_t *restrict taps) {
  int32_t y[16], x[16];
  int32_t p = (int32_t)(first_column / (size_t)window->output_width);
  int32_t q = (int32_t)(first_column % (size_t)window->output_width);
  for (int lane = 0; lane < tile_columns; lane++) {
    int inside = (size_t)lane < columns;
    y[lane] = inside ? p * window->stride_y - window->pad_top : INT32_MIN / 2;
    x[lane] = q * window->stride_x - window->pad_left;
    if (++q == window->output_width) {
      q = 0;
      p++;
    }
  }
  for (int32_t r = 0; r < window->kernel_height; r++) {
    for (int32_t s = 0; s < window->kernel_width; s++, taps += tile_columns) {
      for (int lane = 0; lane < tile_columns; lane++) {
        int32_t row = y[lane] + r * window->dilation_y, column = x[lane] + s * window->dilation_x;
        int inside = (uint32_t)row < (uint32_t)window->height &&
                     (uint32_t)column < (uint32_t)window->width;
        taps[lane] = inside ? (int32_t)((uint32_t)row * (uint32_t)window->width + (uint32_t)column) : -1;
      }
    }
  }
}

#endif
