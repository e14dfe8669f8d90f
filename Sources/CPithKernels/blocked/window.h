// Included once for each instruction set, which defines NAME(base) and PIXELS.
#include "window_row.h"

// The rows of an output from `first_row` to `end_row` - 1; `row` has what is the same for all of them.
INLINE void window_rows(const window_kind kind, window_row row, ptrdiff_t first_row,
                        ptrdiff_t end_row) {
  const pith_sliding_window *window = row.window;
  const window_row all_rows = row;
  const int step_x = window->dilation_x == 1 ? (int)window->stride_x : 0;
  for (ptrdiff_t p = first_row; p < end_row; p++) {
    ptrdiff_t start = p * window->stride_y - window->top;
    window_taps taps =
        taps_inside(start, window->kernel_height, window->dilation_y, window->height);
    row.tap_rows = taps.end - taps.first;
    row.counted_rows = row.include_padding
                           ? places_before(start, window->kernel_height, window->dilation_y,
                                           window->height + window->bottom)
                           : row.tap_rows;
    if (row.tap_rows > 0)
      row.x = all_rows.x + 8 * window->width * (start + taps.first * window->dilation_y);
    if (kind == weighted_sum)
      row.weights = all_rows.weights + 8 * window->kernel_width * taps.first;
    row.output = all_rows.output + 8 * window->output_width * p;
    if (row.residual) row.residual = all_rows.residual + 8 * window->output_width * p;

    if (window->kernel_width == 3 && step_x == 1)
      fixed_row(kind, 3, 1, &row);
    else if (window->kernel_width == 3 && step_x == 2)
      fixed_row(kind, 3, 2, &row);
    else if (kind == weighted_sum && window->kernel_width == 5 && step_x == 1)
      fixed_row(kind, 5, 1, &row);
    else if (kind == weighted_sum && window->kernel_width == 5 && step_x == 2)
      fixed_row(kind, 5, 2, &row);
    else if (kind != weighted_sum && window->kernel_width == 2 && step_x == 2)
      fixed_row(kind, 2, 2, &row);
    else
      any_columns(kind, &row, 0, window->output_width);
  }
}

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
