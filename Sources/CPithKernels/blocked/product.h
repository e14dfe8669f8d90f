// Included once for each instruction set, which defines TILE (pixels) and the names of the two kernels.
#include <stdbool.h>

#ifdef WIDE_TILE
#include "product_wide.h"
#endif

// Weights that are brought nearer step by step, so many lines of 16 floats at each.
typedef struct {
  const float *next, *end;
  size_t lines;
} product_prefetch;

INLINE void prefetch_step(product_prefetch *prefetch) {
  if (prefetch->next >= prefetch->end) return;
  for (size_t i = 0; i < prefetch->lines; i++) __builtin_prefetch(prefetch->next + 16 * i, 0, 3);
  prefetch->next += 16 * prefetch->lines;
}

// `pixels` <= TILE and `vectors` <= 2 are constants after inlining, as is whether taps hold one channel or eight.
INLINE void product_tile(const int pixels, const int vectors, const bool planar,
                         const pith_product_input *input, const float *x, const float *weights,
                         const pith_product_output *shape, float *output, ptrdiff_t done,
                         product_prefetch *prefetch) {
  const int channels = planar ? 1 : 8;
  const ptrdiff_t step = input->pixel_stride;
  lanes sums[TILE][2];
  UNROLL for (int p = 0; p < pixels; p++)
    UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = all(0);

  for (size_t block = 0; block < input->blocks; block++, x += input->block_stride) {
    for (size_t tap = 0; tap < input->tap_count; tap++) {
      const float *from = x + input->taps[tap];
      if (!planar) prefetch_step(prefetch);
      UNROLL for (int c = 0; c < channels; c++, weights += 8 * vectors) {
        lanes weight[2];
        UNROLL for (int v = 0; v < vectors; v++) weight[v] = load(weights + 8 * v);
        UNROLL for (int p = 0; p < pixels; p++) {
          lanes value = all(from[p * step + c]);
          UNROLL for (int v = 0; v < vectors; v++) sums[p][v] += value * weight[v];
        }
      }
    }
  }

  lanes low = all(shape->low), high = all(shape->high);
  UNROLL for (int v = 0; v < vectors; v++) {
    lanes bias = shape->bias ? load(shape->bias + 8 * v) : all(0);
    UNROLL for (int p = 0; p < pixels; p++) {
      ptrdiff_t place = (done + p) * shape->pixel_stride + v * shape->block_stride;
      lanes value = sums[p][v] + bias;
      if (shape->residual) value += load(shape->residual + place);
      store(output + place, clamp(value, low, high));
    }
  }
}

// Tiles one after the other. The last two share what is left, so that neither is too small to keep the units busy.
INLINE void product_run(const int vectors, const bool planar, size_t pixels,
                        const pith_product_input *input, const float *x, const float *weights,
                        const pith_product_output *shape, float *output) {
  // A tap of planes is a short step: addresses of more pixels would not stay in registers.
  const size_t tile = planar && TILE > 6 ? 6 : TILE;
  ptrdiff_t done = 0;
  const size_t steps = (pixels + tile - 1) / tile * input->blocks * input->tap_count;
  product_prefetch prefetch = {input->next, input->next, 0};
  if (input->next_floats > 0 && steps > 0) {
    prefetch.end = input->next + input->next_floats;
    prefetch.lines = (input->next_floats / 16 + steps - 1) / steps;
  }
  while (pixels > 0) {
    size_t count = pixels < tile ? pixels : tile;
    if (pixels > tile && pixels < 2 * tile && tile > 2) count = (pixels + 1) / 2;
    switch (count) {
#define NARROW(pixels)                                                                             \
  case pixels:                                                                                     \
    product_tile(pixels, vectors, planar, input, x, weights, shape, output, done, &prefetch);      \
    break;
      NARROW(1) NARROW(2)
#if TILE > 2
      NARROW(3) NARROW(4) NARROW(5) NARROW(6)
#endif
#if TILE > 6
      NARROW(7) NARROW(8) NARROW(9) NARROW(10) NARROW(11) NARROW(12) NARROW(13) NARROW(14)
#endif
#undef NARROW
    }
    x += (ptrdiff_t)count * input->pixel_stride;
    done += (ptrdiff_t)count;
    pixels -= count;
  }
}

PITH_PRODUCT_KERNEL(PRODUCT) {
  const size_t row = input->row_pixels;
  if (row > 0 && row < pixels) {
#ifdef WIDE_TILE
    if (output_blocks == 2 && product_wide_rows(pixels, input, x, weights, shape, output)) return;
#endif
    pith_product_output place = *shape;
    for (; pixels > 0; pixels -= row, x += input->row_stride) {
      PRODUCT(output_blocks, row, input, x, weights, &place, output);
      output += (ptrdiff_t)row * shape->pixel_stride;
      if (place.residual) place.residual += (ptrdiff_t)row * shape->pixel_stride;
    }
    return;
  }
#ifdef WIDE_TILE
  if (output_blocks == 2 && product_wide(pixels, input, x, weights, shape, output)) return;
#endif
  if (output_blocks == 2)
    product_run(2, false, pixels, input, x, weights, shape, output);
  else
    product_run(1, false, pixels, input, x, weights, shape, output);
}

PITH_PRODUCT_KERNEL(PRODUCT_PLANAR) {
#ifdef WIDE_TILE
  if (output_blocks == 2 && product_wide_planar(pixels, input, x, weights, shape, output)) return;
#endif
  if (output_blocks == 2)
    product_run(2, true, pixels, input, x, weights, shape, output);
  else
    product_run(1, true, pixels, input, x, weights, shape, output);
}
