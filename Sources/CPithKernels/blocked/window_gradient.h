// Included once for each instruction set, which defines NAME(base).
#include "window_taps.h"

INLINE ptrdiff_t row_start(const pith_sliding_window *window, ptrdiff_t row) {
  return row * window->stride_y - window->top;
}

INLINE ptrdiff_t column_start(const pith_sliding_window *window, ptrdiff_t column) {
  return column * window->stride_x - window->left;
}

INLINE window_taps rows_under(const pith_sliding_window *window, ptrdiff_t row) {
  return taps_inside(row_start(window, row), window->kernel_height, window->dilation_y,
                     window->height);
}

INLINE window_taps columns_under(const pith_sliding_window *window, ptrdiff_t column) {
  return taps_inside(column_start(window, column), window->kernel_width, window->dilation_x,
                     window->width);
}

// Adds dy times the weight of each tap, [taps][8], or dy itself without weights, to the places under the taps.
INLINE void spread(const pith_sliding_window *window, window_taps rows, window_taps columns,
                   ptrdiff_t row, ptrdiff_t column, lanes dy, const float *weights, float *dx) {
  ptrdiff_t top = row_start(window, row), left = column_start(window, column);
  for (ptrdiff_t r = rows.first; r < rows.end; r++) {
    float *to = dx + 8 * ((top + r * window->dilation_y) * window->width + left);
    for (ptrdiff_t s = columns.first; s < columns.end; s++) {
      float *place = to + 8 * s * window->dilation_x;
      lanes share = weights ? dy * load(weights + 8 * (r * window->kernel_width + s)) : dy;
      store(place, load(place) + share);
    }
  }
}

void NAME(depthwise_input_gradient_f32_8)(const pith_sliding_window *window, const float *dy,
                                          const float *weights, float *dx) {
  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    window_taps rows = rows_under(window, p);
    for (ptrdiff_t q = 0; q < window->output_width; q++, dy += 8)
      spread(window, rows, columns_under(window, q), p, q, load(dy), weights, dx);
  }
}

// The sums of one row of `taps`, a constant after inlining, over all pixels. Columns under which all taps lie inside are
// in two chains for each tap, so that half as many sums wait for one another.
INLINE void tap_row_sums(const int taps, const pith_sliding_window *window, ptrdiff_t tap_row,
                         const float *x, const float *dy, float *sums) {
  enum { most = 5 };
  lanes even[most], odd[most];
  UNROLL for (int s = 0; s < taps; s++) even[s] = odd[s] = all(0);
  const ptrdiff_t step = 8 * window->dilation_x, pixel = 8 * window->stride_x;
  // The columns whose first tap, and whose last tap, lie inside.
  ptrdiff_t first = places_before(-window->left, window->output_width, window->stride_x, 0);
  ptrdiff_t end = places_before((taps - 1) * window->dilation_x - window->left,
                                window->output_width, window->stride_x, window->width);
  if (end < first) end = first;

  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    ptrdiff_t row = row_start(window, p) + tap_row * window->dilation_y;
    if (row < 0 || row >= window->height) continue;
    const float *source = x + 8 * row * window->width, *gradient = dy + 8 * p * window->output_width;
    ptrdiff_t q = first;
    const float *from = source + 8 * column_start(window, first);
    for (; q + 2 <= end; q += 2, from += 2 * pixel) {
      lanes one = load(gradient + 8 * q), other = load(gradient + 8 * q + 8);
      UNROLL for (int s = 0; s < taps; s++) {
        even[s] += one * load(from + s * step);
        odd[s] += other * load(from + pixel + s * step);
      }
    }
    if (q < end) {
      lanes one = load(gradient + 8 * q);
      UNROLL for (int s = 0; s < taps; s++) even[s] += one * load(from + s * step);
    }
    for (q = 0; q < window->output_width; q++) {
      if (q == first) q = end;
      if (q >= window->output_width) break;
      lanes one = load(gradient + 8 * q);
      UNROLL for (int s = 0; s < taps; s++) {
        ptrdiff_t column = column_start(window, q) + s * window->dilation_x;
        if (column >= 0 && column < window->width) even[s] += one * load(source + 8 * column);
      }
    }
  }
  UNROLL for (int s = 0; s < taps; s++) store(sums + 8 * s, load(sums + 8 * s) + even[s] + odd[s]);
}

// The same for any number of taps, one after the other.
INLINE void any_tap_row_sums(const pith_sliding_window *window, ptrdiff_t tap_row, const float *x,
                             const float *dy, float *sums) {
  for (ptrdiff_t s = 0; s < window->kernel_width; s++) {
    lanes sum = all(0);
    for (ptrdiff_t p = 0; p < window->output_height; p++) {
      ptrdiff_t row = row_start(window, p) + tap_row * window->dilation_y;
      if (row < 0 || row >= window->height) continue;
      for (ptrdiff_t q = 0; q < window->output_width; q++) {
        ptrdiff_t column = column_start(window, q) + s * window->dilation_x;
        if (column < 0 || column >= window->width) continue;
        sum += load(dy + 8 * (p * window->output_width + q)) *
               load(x + 8 * (row * window->width + column));
      }
    }
    store(sums + 8 * s, load(sums + 8 * s) + sum);
  }
}

void NAME(depthwise_weight_gradient_f32_8)(const pith_sliding_window *window, const float *x,
                                           const float *dy, float *sums) {
  for (ptrdiff_t r = 0; r < window->kernel_height; r++, sums += 8 * window->kernel_width) {
    switch (window->kernel_width) {
      case 3: tap_row_sums(3, window, r, x, dy, sums); break;
      case 5: tap_row_sums(5, window, r, x, dy, sums); break;
      default: any_tap_row_sums(window, r, x, dy, sums);
    }
  }
}

void NAME(average_pool_gradient_f32_8)(const pith_sliding_window *window, int include_padding,
                                       const float *dy, float *dx) {
  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    window_taps rows = rows_under(window, p);
    ptrdiff_t counted = include_padding
                            ? places_before(row_start(window, p), window->kernel_height,
                                            window->dilation_y, window->height + window->bottom)
                            : rows.end - rows.first;
    for (ptrdiff_t q = 0; q < window->output_width; q++, dy += 8) {
      window_taps columns = columns_under(window, q);
      ptrdiff_t number = include_padding
                             ? places_before(column_start(window, q), window->kernel_width,
                                             window->dilation_x, window->width + window->right)
                             : columns.end - columns.first;
      spread(window, rows, columns, p, q, load(dy) / (float)(counted * number), 0, dx);
    }
  }
}

// The tap under which the greatest value of a window lies, the first of equals, counted over those inside.
INLINE mask winner_of(const pith_sliding_window *window, window_taps rows, window_taps columns,
                      ptrdiff_t row, ptrdiff_t column, const float *x) {
  lanes greatest = all(-__builtin_inff());
  mask winner = (mask)all(0) - 1;
  int tap = 0;
  for (ptrdiff_t r = rows.first; r < rows.end; r++)
    for (ptrdiff_t s = columns.first; s < columns.end; s++, tap++) {
      ptrdiff_t y = row_start(window, row) + r * window->dilation_y;
      lanes value = load(x + 8 * (y * window->width + column_start(window, column) +
                                  s * window->dilation_x));
      mask better = (value > greatest) | (value != value) | (winner < 0);
      greatest = choose(better, value, greatest);
      winner = (better & tap) | (~better & winner);
    }
  return winner;
}

void NAME(max_pool_gradient_f32_8)(const pith_sliding_window *window, const float *x,
                                   const float *dy, float *dx) {
  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    window_taps rows = rows_under(window, p);
    for (ptrdiff_t q = 0; q < window->output_width; q++, dy += 8) {
      window_taps columns = columns_under(window, q);
      mask winner = winner_of(window, rows, columns, p, q, x);
      lanes gradient = load(dy);
      int tap = 0;
      for (ptrdiff_t r = rows.first; r < rows.end; r++)
        for (ptrdiff_t s = columns.first; s < columns.end; s++, tap++) {
          ptrdiff_t y = row_start(window, p) + r * window->dilation_y;
          float *place = dx + 8 * (y * window->width + column_start(window, q) +
                                   s * window->dilation_x);
          store(place, load(place) + choose(winner == tap, gradient, all(0)));
        }
    }
  }
}

void NAME(max_pool_tile_gradient_f32_8)(const pith_sliding_window *window, const float *x,
                                        const float *dy, float *dx) {
  ptrdiff_t rows_used = window->output_height * window->stride_y;
  ptrdiff_t columns_used = window->output_width * window->stride_x;
  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    window_taps rows = rows_under(window, p);
    for (ptrdiff_t q = 0; q < window->output_width; q++, dy += 8) {
      window_taps columns = columns_under(window, q);
      mask winner = winner_of(window, rows, columns, p, q, x);
      lanes gradient = load(dy);
      int tap = 0;
      for (ptrdiff_t r = 0; r < rows.end; r++)
        for (ptrdiff_t s = 0; s < columns.end; s++, tap++)
          store(dx + 8 * ((row_start(window, p) + r) * window->width + column_start(window, q) + s),
                choose(winner == tap, gradient, all(0)));
    }
  }
  for (ptrdiff_t row = 0; row < window->height; row++)
    for (ptrdiff_t column = row < rows_used ? columns_used : 0; column < window->width; column++)
      store(dx + 8 * (row * window->width + column), all(0));
}
