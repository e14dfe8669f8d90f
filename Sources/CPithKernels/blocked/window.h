// Included once for each instruction set, which defines NAME(base) and PIXELS.
#include "window_row.h"

void NAME(depthwise_f32_8)(const pith_sliding_window *window, ptrdiff_t first_row,
                           ptrdiff_t end_row, const float *x, const float *weights,
                           const float *bias, const float *residual, float low, float high,
                           float *output) {
  window_row row = {.window = window, .x = x, .weights = weights, .bias = bias,
                    .residual = residual, .low = low, .high = high, .output = output};
  window_rows(weighted_sum, row, first_row, end_row);
}

void NAME(max_pool_f32_8)(const pith_sliding_window *window, ptrdiff_t first_row,
                          ptrdiff_t end_row, const float *x, float *output) {
  window_row row = {.window = window, .x = x, .output = output};
  window_rows(greatest, row, first_row, end_row);
}

void NAME(average_pool_f32_8)(const pith_sliding_window *window, ptrdiff_t first_row,
                              ptrdiff_t end_row, const float *x, int include_padding,
                              float *output) {
  window_row row = {
      .window = window, .x = x, .include_padding = include_padding, .output = output};
  window_rows(mean, row, first_row, end_row);
}

// Eight chains of sums or maxima, so that each value waits for none of its neighbours; pixel p is in chain p % 8.
INLINE lanes all_pixels(const window_kind kind, size_t pixels, const float *x) {
  lanes chains[8];
  UNROLL for (int c = 0; c < 8; c++) chains[c] = start_of(kind);
  size_t p = 0;
  for (; p + 8 <= pixels; p += 8)
    UNROLL for (size_t c = 0; c < 8; c++)
      chains[c] = with_tap(kind, chains[c], load(x + 8 * (p + c)), all(1));
  UNROLL for (size_t c = 0; c < 7; c++)
    if (p + c < pixels) chains[c] = with_tap(kind, chains[c], load(x + 8 * (p + c)), all(1));
  UNROLL for (int width = 4; width > 0; width /= 2)
    UNROLL for (int c = 0; c < width; c++)
      chains[c] = with_tap(kind, chains[c], chains[c + width], all(1));
  return chains[0];
}

void NAME(global_average_f32_8)(size_t pixels, const float *x, float *output) {
  store(output, all_pixels(mean, pixels, x) / (float)pixels);
}

void NAME(global_max_f32_8)(size_t pixels, const float *x, float *output) {
  store(output, all_pixels(greatest, pixels, x));
}
