// Included once for each instruction set, which defines TILE (pixels) and the names of the two kernels.
#include <stdbool.h>

// `pixels` <= TILE and `vectors` <= 2 are constants after inlining, as is whether taps hold one channel or eight.
INLINE void product_tile(const int pixels, const int vectors, const bool planar,
                         const pith_product_input *input, const float *x, const float *weights,
                         const pith_product_output *shape, float *output, ptrdiff_t done) {
  const int channels = planar ? 1 : 8;
  const ptrdiff_t step = input->pixel_stride;
  lanes sums[TILE][2];
  UNROLL for (int p = 0; p < pixels; p++)
    UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = all(0);

  for (size_t block = 0; block < input->blocks; block++, x += input->block_stride) {
    for (size_t tap = 0; tap < input->tap_count; tap++) {
      const float *from = x + input->taps[tap];
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
  ptrdiff_t done = 0;
  while (pixels > 0) {
    size_t count = pixels < TILE ? pixels : TILE;
    if (pixels > TILE && pixels < 2 * TILE && TILE > 2) count = (pixels + 1) / 2;
    switch (count) {
      case 1: product_tile(1, vectors, planar, input, x, weights, shape, output, done); break;
      case 2: product_tile(2, vectors, planar, input, x, weights, shape, output, done); break;
#if TILE > 2
      case 3: product_tile(3, vectors, planar, input, x, weights, shape, output, done); break;
      case 4: product_tile(4, vectors, planar, input, x, weights, shape, output, done); break;
      case 5: product_tile(5, vectors, planar, input, x, weights, shape, output, done); break;
      case 6: product_tile(6, vectors, planar, input, x, weights, shape, output, done); break;
#endif
    }
    x += (ptrdiff_t)count * input->pixel_stride;
    done += (ptrdiff_t)count;
    pixels -= count;
  }
}

PITH_PRODUCT_KERNEL(PRODUCT) {
  if (output_blocks == 2)
    product_run(2, false, pixels, input, x, weights, shape, output);
  else
    product_run(1, false, pixels, input, x, weights, shape, output);
}

PITH_PRODUCT_KERNEL(PRODUCT_PLANAR) {
  if (output_blocks == 2)
    product_run(2, true, pixels, input, x, weights, shape, output);
  else
    product_run(1, true, pixels, input, x, weights, shape, output);
}
