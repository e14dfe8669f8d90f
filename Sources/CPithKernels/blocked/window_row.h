// Included once for each instruction set and number of LANES, which defines PIXELS, the most pixels at a time: as many sums, the
// weights of five taps and some values fill its registers. What the kernels that slide a window do with rows of their output.
#include "window_taps.h"

typedef enum { weighted_sum, greatest, mean } window_kind;

// The taps of one output row that lie inside of the image, and where its results go.
typedef struct {
  const pith_sliding_window *window;
  const float *x;  // column 0 under the first row of taps
  const float *weights;  // of that row of taps
  ptrdiff_t tap_rows;
  ptrdiff_t counted_rows;  // those that the mean divides by
  int include_padding;
  const float *bias;      // or null
  const float *residual;  // this row's, or null
  float low, high;
  float *output;  // this row
  ptrdiff_t block_stride;  // of the residual and the output, where a vector has two blocks
} window_row;

INLINE ptrdiff_t column_start(const window_row *row, ptrdiff_t column) {
  return column * row->window->stride_x - row->window->left;
}

// One divided by the number of values that the mean of a pixel is taken over; `step` is the dilation.
INLINE float mean_factor(const window_row *row, ptrdiff_t column, ptrdiff_t step) {
  const pith_sliding_window *window = row->window;
  ptrdiff_t start = column_start(row, column), count = window->kernel_width;
  window_taps taps = taps_inside(start, count, step, window->width);
  ptrdiff_t counted = row->include_padding
                          ? places_before(start, count, step, window->width + window->right)
                          : taps.end - taps.first;
  return 1 / (float)(counted * row->counted_rows);
}

INLINE lanes start_of(const window_kind kind) { return all(kind == greatest ? -__builtin_inff() : 0); }

INLINE lanes with_tap(const window_kind kind, lanes sum, lanes value, lanes weight) {
  switch (kind) {
    case weighted_sum: return sum + value * weight;
    case mean: return sum + value;
    // Once NaN, always NaN.
    case greatest: return choose(value != value, value, choose(value > sum, value, sum));
  }
}

INLINE void finish(const window_kind kind, const window_row *row, ptrdiff_t column, lanes sum,
                   float factor) {
  if (kind == weighted_sum) {
    if (row->bias) sum += load(row->bias);
    if (row->residual) sum += load_pixel(row->residual + 8 * column, row->block_stride);
    sum = clamp(sum, all(row->low), all(row->high));
  }
  if (kind == mean) sum *= factor;
  store_pixel(row->output + 8 * column, row->block_stride, sum);
}

// `pixels` neighbours with `taps` columns of taps, `stride` apart. The first `skip_left` and the last `skip_right` of the
// columns that they meet lie outside of the image. All of these are constants after inlining.
INLINE void fixed_tile(const window_kind kind, const int taps, const int stride, const int pixels,
                       const int skip_left, const int skip_right, const window_row *row,
                       ptrdiff_t column) {
  const int columns = (pixels - 1) * stride + taps;
  const ptrdiff_t row_step = LANES * row->window->width * row->window->dilation_y;
  const float *x = row->x + LANES * column_start(row, column), *weights = row->weights;
  lanes sums[PIXELS];
  UNROLL for (int p = 0; p < pixels; p++) sums[p] = start_of(kind);

  for (ptrdiff_t r = 0; r < row->tap_rows; r++, x += row_step) {
    UNROLL for (int s = 0; s < taps; s++) {
      lanes weight = kind == weighted_sum ? load(weights + LANES * s) : all(1);
      UNROLL for (int p = 0; p < pixels; p++) {
        const int place = p * stride + s;
        if (place >= skip_left && place < columns - skip_right)
          sums[p] = with_tap(kind, sums[p], load(x + LANES * place), weight);
      }
    }
    if (kind == weighted_sum) weights += LANES * taps;
  }

  const int edge = skip_left > 0 || skip_right > 0 || row->include_padding;
  float factor = kind == mean ? mean_factor(row, column, 1) : 1;
  UNROLL for (int p = 0; p < pixels; p++) {
    if (kind == mean && edge && p > 0) factor = mean_factor(row, column + p, 1);
    finish(kind, row, column + p, sums[p], factor);
  }
}

// The greatest values of such neighbours: first of each column, which pixels share, then of the columns under a pixel.
INLINE void fixed_maxima(const int taps, const int stride, const int pixels, const int skip_left,
                         const int skip_right, const window_row *row, ptrdiff_t column) {
  const int columns = (pixels - 1) * stride + taps;
  const ptrdiff_t row_step = LANES * row->window->width * row->window->dilation_y;
  const float *x = row->x + LANES * column_start(row, column);
  lanes maxima[2 * PIXELS + 1];
  UNROLL for (int place = 0; place < columns; place++) maxima[place] = start_of(greatest);

  for (ptrdiff_t r = 0; r < row->tap_rows; r++, x += row_step)
    UNROLL for (int place = skip_left; place < columns - skip_right; place++)
      maxima[place] = with_tap(greatest, maxima[place], load(x + LANES * place), all(1));

  UNROLL for (int p = 0; p < pixels; p++) {
    lanes most = maxima[p * stride];
    UNROLL for (int s = 1; s < taps; s++)
      most = with_tap(greatest, most, maxima[p * stride + s], all(1));
    finish(greatest, row, column + p, most, 1);
  }
}

enum { together = 4 };

// `pixels` neighbours, a constant up to `together`, that all have the same taps.
INLINE void any_tile(const window_kind kind, const int pixels, window_taps taps,
                     const window_row *row, ptrdiff_t column) {
  const pith_sliding_window *window = row->window;
  const ptrdiff_t row_step = LANES * window->width * window->dilation_y;
  const ptrdiff_t pixel_step = LANES * window->stride_x, tap_step = LANES * window->dilation_x;
  ptrdiff_t offset = LANES * column_start(row, column) + taps.first * tap_step;
  const float *weights = row->weights;
  lanes sums[together];
  UNROLL for (int p = 0; p < pixels; p++) sums[p] = start_of(kind);

  for (ptrdiff_t r = 0; r < row->tap_rows; r++, offset += row_step) {
    const float *x = row->x + offset;
    for (ptrdiff_t s = taps.first; s < taps.end; s++, x += tap_step) {
      lanes weight = kind == weighted_sum ? load(weights + LANES * s) : all(1);
      UNROLL for (int p = 0; p < pixels; p++)
        sums[p] = with_tap(kind, sums[p], load(x + p * pixel_step), weight);
    }
    if (kind == weighted_sum) weights += LANES * window->kernel_width;
  }
  UNROLL for (int p = 0; p < pixels; p++)
    finish(kind, row, column + p, sums[p],
           kind == mean ? mean_factor(row, column + p, window->dilation_x) : 1);
}

// Outputs from `column` to `end` - 1 of one row, whatever the window.
INLINE void any_columns(const window_kind kind, const window_row *row, ptrdiff_t column,
                        ptrdiff_t end) {
  const pith_sliding_window *window = row->window;
  while (column < end) {
    window_taps taps = taps_inside(column_start(row, column), window->kernel_width,
                                   window->dilation_x, window->width);
    window_taps last = taps_inside(column_start(row, column + together - 1), window->kernel_width,
                                   window->dilation_x, window->width);
    if (column + together <= end && taps.first == 0 && last.end == window->kernel_width) {
      any_tile(kind, together, taps, row, column);
      column += together;
    } else {
      any_tile(kind, 1, taps, row, column);
      column++;
    }
  }
}

// One row whose columns of taps and their stride are constants: tiles one after the other.
INLINE void fixed_row(const window_kind kind, const int taps, const int stride,
                      const window_row *row) {
  const pith_sliding_window *window = row->window;
  const ptrdiff_t end = window->output_width;
  const int most = taps / 2;  // columns of taps outside of the image, on either side, that have a tile
  for (ptrdiff_t column = 0; column < end; column += PIXELS) {
    ptrdiff_t pixels = end - column < PIXELS ? end - column : PIXELS;
    ptrdiff_t left = -column_start(row, column);
    ptrdiff_t right = column_start(row, column + pixels - 1) + taps - window->width;
    if (left < 0) left = 0;
    if (right < 0) right = 0;
#define FIXED(pixels, left, right)                                        \
  case 100 * pixels + 10 * left + right:                                  \
    if (left <= most && right <= most) {                                  \
      if (kind == greatest && taps > stride)                              \
        fixed_maxima(taps, stride, pixels, left, right, row, column);     \
      else                                                                \
        fixed_tile(kind, taps, stride, pixels, left, right, row, column); \
    }                                                                     \
    break
#define FIXED_END(pixels) \
  FIXED(pixels, 0, 0);    \
  FIXED(pixels, 0, 1);    \
  FIXED(pixels, 0, 2)
    switch (left > most || right > most ? 0 : 100 * pixels + 10 * left + right) {
      FIXED(PIXELS, 1, 0);
      FIXED(PIXELS, 1, 1);
      FIXED(PIXELS, 1, 2);
      FIXED(PIXELS, 2, 0);
      FIXED(PIXELS, 2, 1);
      FIXED(PIXELS, 2, 2);
      FIXED_END(1);
      FIXED_END(2);
      FIXED_END(3);
#if PIXELS == 7
      FIXED_END(4);
      FIXED_END(5);
      FIXED_END(6);
      FIXED_END(7);
#endif
      default: any_columns(kind, row, column, column + pixels);
    }
#undef FIXED_END
#undef FIXED
  }
}

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
      row.x = all_rows.x + LANES * window->width * (start + taps.first * window->dilation_y);
    if (kind == weighted_sum)
      row.weights = all_rows.weights + LANES * window->kernel_width * taps.first;
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
