// Included by product.h where vectors of sixteen lanes exist: the outputs of a panel in one vector, and WIDE_TILE pixels with
// one sum each.
typedef float wide_lanes __attribute__((vector_size(64), aligned(4)));
typedef int wide_mask __attribute__((vector_size(64), aligned(4)));

// Weights are asked for so many floats before their use: the largest of them come from memory.
enum { weights_ahead = 1024 };

INLINE lanes half(wide_lanes value, const int upper) {
  return upper ? __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15)
               : __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
}
INLINE wide_lanes joined(lanes lower, lanes upper) {
  return __builtin_shufflevector(lower, upper, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
INLINE wide_lanes wide_all(float value) { return joined(all(value), all(value)); }
INLINE wide_lanes wide_choose(wide_mask condition, wide_lanes yes, wide_lanes no) {
  return (wide_lanes)((condition & (wide_mask)yes) | (~condition & (wide_mask)no));
}
INLINE wide_lanes wide_clamp(wide_lanes value, wide_lanes low, wide_lanes high) {
  value = wide_choose(value < low, low, value);
  return wide_choose(value > high, high, value);
}

// Rows of pixels that lie `step` floats apart. `rows` <= 4, `width`, `step` and `planar` are constants after inlining, as in
// product_tile.
INLINE void wide_tile(const int rows, const int width, const int step, const bool planar,
                      const pith_product_input *input, const float *x, const float *weights,
                      const pith_product_output *shape, float *output, ptrdiff_t done) {
  const int channels = planar ? 1 : 8;
  const int pixels = rows * width;
  wide_lanes sums[WIDE_TILE];
  UNROLL for (int p = 0; p < pixels; p++) sums[p] = (wide_lanes){0};

  for (size_t block = 0; block < input->blocks; block++, x += input->block_stride) {
    for (size_t tap = 0; tap < input->tap_count; tap++) {
      const float *from[4];
      UNROLL for (int r = 0; r < rows; r++) from[r] = x + input->taps[tap] + r * input->row_stride;
      UNROLL for (int line = 0; line < channels; line++)
        __builtin_prefetch(weights + weights_ahead + 16 * line, 0, 3);
      if (rows == 1 && step == 8 && input->tap_count == 1)
        UNROLL for (int line = 0; line < pixels / 2; line++)
          __builtin_prefetch(x + input->block_stride + 16 * line, 0, 3);
      UNROLL for (int c = 0; c < channels; c++, weights += 16) {
        wide_lanes weight = *(const wide_lanes *)weights;
        UNROLL for (int p = 0; p < pixels; p++)
          sums[p] += from[p / width][p % width * step + c] * weight;
      }
    }
  }

  const wide_lanes low = wide_all(shape->low), high = wide_all(shape->high);
  const wide_lanes bias = shape->bias ? *(const wide_lanes *)shape->bias : wide_all(0);
  output += done * shape->pixel_stride;
  if (shape->block_stride == 8 && !shape->residual) {
    UNROLL for (int p = 0; p < pixels; p++)
      *(wide_lanes *)(output + p * shape->pixel_stride) = wide_clamp(sums[p] + bias, low, high);
    return;
  }
  const float *residual = shape->residual ? shape->residual + done * shape->pixel_stride : NULL;
  UNROLL for (int p = 0; p < pixels; p++) {
    const ptrdiff_t first = p * shape->pixel_stride, second = first + shape->block_stride;
    wide_lanes value = sums[p] + bias;
    if (residual) value += joined(load(residual + first), load(residual + second));
    value = wide_clamp(value, low, high);
    store(output + first, half(value, 0));
    store(output + second, half(value, 1));
  }
}

#define WIDE(pixels)                                                            \
  case pixels:                                                                  \
    wide_tile(1, pixels, step, planar, input, x, weights, shape, output, done); \
    break;
#define WIDE_4(pixels) WIDE(pixels) WIDE(pixels + 1) WIDE(pixels + 2) WIDE(pixels + 3)

// As few tiles as possible, of one size or two that follow one another.
static void wide_run(size_t pixels, const pith_product_input *input, const float *x,
                     const float *weights, const pith_product_output *shape, float *output) {
  const int step = 8;
  const bool planar = false;
  ptrdiff_t done = 0;
  for (size_t tiles = (pixels + WIDE_TILE - 1) / WIDE_TILE; tiles > 0; tiles--) {
    size_t count = (pixels + tiles - 1) / tiles;
    switch (count) { WIDE_4(1) WIDE_4(5) WIDE_4(9) WIDE_4(13) WIDE_4(17) WIDE_4(21) WIDE_4(25) }
    x += step * (ptrdiff_t)count;
    done += (ptrdiff_t)count;
    pixels -= count;
  }
}

// The same for pixels that lie otherwise, which are fewer: tiles of those sizes into which usual widths fall.
INLINE void stepping_run(const int step, const bool planar, size_t pixels,
                         const pith_product_input *input, const float *x, const float *weights,
                         const pith_product_output *shape, float *output) {
  static const unsigned char sizes[] = {28, 16, 14, 8, 7, 4, 2, 1};
  ptrdiff_t done = 0;
  while (pixels > 0) {
    // 32 is two equal tiles.
    size_t size = pixels == 32;
    while (sizes[size] > pixels) size++;
    size_t count = sizes[size];
    switch (count) { WIDE(28) WIDE(16) WIDE(14) WIDE(8) WIDE(7) WIDE(4) WIDE(2) WIDE(1) }
    x += step * (ptrdiff_t)count;
    done += (ptrdiff_t)count;
    pixels -= count;
  }
}
#undef WIDE_4
#undef WIDE

// Rows that are too short to keep the units busy, several in one tile, so that a weight is read once for all of them.
INLINE void rows_run(const int step, size_t rows, const pith_product_input *input, const float *x,
                     const float *weights, const pith_product_output *shape, float *output) {
  const size_t width = input->row_pixels, most = WIDE_TILE / width;
  ptrdiff_t done = 0;
  for (size_t tiles = (rows + most - 1) / most; tiles > 0; tiles--) {
    size_t count = (rows + tiles - 1) / tiles;
#define ROWS(rows, width)                                                               \
  case 4 * width + rows:                                                                \
    wide_tile(rows, width, step, false, input, x, weights, shape, output, done);        \
    break;
    switch (4 * width + count) {
      ROWS(1, 7) ROWS(2, 7) ROWS(3, 7) ROWS(4, 7)
      ROWS(1, 8) ROWS(2, 8) ROWS(3, 8)
      ROWS(1, 14) ROWS(2, 14)
    }
#undef ROWS
    x += (ptrdiff_t)count * input->row_stride;
    done += (ptrdiff_t)(count * width);
    rows -= count;
  }
}

// Whether there are tiles for several rows; then they are computed.
static bool product_wide_rows(size_t pixels, const pith_product_input *input, const float *x,
                              const float *weights, const pith_product_output *shape,
                              float *output) {
  const size_t width = input->row_pixels;
  if (width != 7 && width != 8 && width != 14) return false;
  switch (input->pixel_stride) {
    case 8: rows_run(8, pixels / width, input, x, weights, shape, output); return true;
    case 16: rows_run(16, pixels / width, input, x, weights, shape, output); return true;
    default: return false;
  }
}

// Whether the pixels lie so that there are tiles for them; then they are computed.
static bool product_wide(size_t pixels, const pith_product_input *input, const float *x,
                         const float *weights, const pith_product_output *shape, float *output) {
  switch (input->pixel_stride) {
    case 8: wide_run(pixels, input, x, weights, shape, output); return true;
    case 16: stepping_run(16, false, pixels, input, x, weights, shape, output); return true;
    default: return false;
  }
}

static bool product_wide_planar(size_t pixels, const pith_product_input *input, const float *x,
                                const float *weights, const pith_product_output *shape,
                                float *output) {
  switch (input->pixel_stride) {
    case 1: stepping_run(1, true, pixels, input, x, weights, shape, output); return true;
    case 2: stepping_run(2, true, pixels, input, x, weights, shape, output); return true;
    default: return false;
  }
}
