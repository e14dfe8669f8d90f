// Included once for each instruction set, which defines NAME(base), and TAPS and CHANNELS: of a tile with two vectors of
// outputs, or with one of sixteen lanes where WIDE is defined.

// `taps`, `channels` and `vectors` are constants after inlining. Sums stay in registers over all pixels.
INLINE void gradient_tile(const int taps, const int channels, const int vectors,
                          const pith_gradient_pixels *pixels, const ptrdiff_t *tap, const float *x,
                          const float *dy, float *to, size_t channel_step) {
  lanes sums[3][8][2];
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int c = 0; c < channels; c++)
      UNROLL for (int v = 0; v < vectors; v++) sums[t][c][v] = all(0);

  for (size_t row = 0; row < pixels->rows; row++) {
    const float *from = x + (ptrdiff_t)row * pixels->x_row_stride;
    const float *gradient = dy + (ptrdiff_t)row * pixels->dy_row_stride;
    for (size_t column = 0; column < pixels->columns; column++) {
      lanes value[2];
      UNROLL for (int v = 0; v < vectors; v++) value[v] = load(gradient + v * pixels->dy_block_stride);
      UNROLL for (int t = 0; t < taps; t++)
        UNROLL for (int c = 0; c < channels; c++)
          UNROLL for (int v = 0; v < vectors; v++) sums[t][c][v] += all(from[tap[t] + c]) * value[v];
      from += pixels->x_pixel_stride;
      gradient += 8;
    }
  }

  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int c = 0; c < channels; c++)
      UNROLL for (int v = 0; v < vectors; v++) {
        float *place = to + (size_t)(8 * t + c) * channel_step + 8 * v;
        store(place, load(place) + sums[t][c][v]);
      }
}

#ifdef WIDE
typedef float wide_lanes __attribute__((vector_size(64), aligned(4)));

INLINE void wide_gradient_tile(const int taps, const pith_gradient_pixels *pixels,
                               const ptrdiff_t *tap, const float *x, const float *dy, float *to) {
  wide_lanes sums[3][8];
  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int c = 0; c < 8; c++) sums[t][c] = (wide_lanes){0};

  for (size_t row = 0; row < pixels->rows; row++) {
    const float *from = x + (ptrdiff_t)row * pixels->x_row_stride;
    const float *gradient = dy + (ptrdiff_t)row * pixels->dy_row_stride;
    for (size_t column = 0; column < pixels->columns; column++) {
      wide_lanes value =
          __builtin_shufflevector(load(gradient), load(gradient + pixels->dy_block_stride), 0, 1, 2,
                                  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      UNROLL for (int t = 0; t < taps; t++)
        UNROLL for (int c = 0; c < 8; c++) sums[t][c] += from[tap[t] + c] * value;
      from += pixels->x_pixel_stride;
      gradient += 8;
    }
  }

  UNROLL for (int t = 0; t < taps; t++)
    UNROLL for (int c = 0; c < 8; c++) *(wide_lanes *)(to + 16 * (8 * t + c)) += sums[t][c];
}
#endif

// `vectors` and `taps` are constants after inlining.
INLINE void gradient_taps(const int vectors, const int taps, const pith_gradient_pixels *pixels,
                          const ptrdiff_t *tap, const float *x, const float *dy, float *sums) {
#ifdef WIDE
  if (vectors == 2)
    wide_gradient_tile(taps, pixels, tap, x, dy, sums);
  else
    gradient_tile(taps, 8, 1, pixels, tap, x, dy, sums, 8);
#else
  const int channels = vectors == 2 ? CHANNELS : 8;
  UNROLL for (int c = 0; c < 8; c += channels)
    gradient_tile(taps, channels, vectors, pixels, tap, x + c, dy, sums + 8 * vectors * c,
                  8 * (size_t)vectors);
#endif
}

INLINE void gradient_run(const int vectors, const pith_gradient_pixels *pixels, const float *x,
                         const float *dy, float *sums) {
  for (size_t tap = 0; tap < pixels->tap_count;) {
    const ptrdiff_t *taps = pixels->taps + tap;
    float *to = sums + 64 * (size_t)vectors * tap;
    switch (TAPS > 1 ? pixels->tap_count - tap : 1) {
      case 1:
        gradient_taps(vectors, 1, pixels, taps, x, dy, to);
        tap += 1;
        break;
#if TAPS > 1
      case 2:
        gradient_taps(vectors, 2, pixels, taps, x, dy, to);
        tap += 2;
        break;
      default:
        gradient_taps(vectors, 3, pixels, taps, x, dy, to);
        tap += 3;
#endif
    }
  }
}

void NAME(weight_gradient_f32_8)(size_t output_blocks, const pith_gradient_pixels *pixels,
                                 const float *x, const float *dy, float *sums) {
  if (output_blocks == 2)
    gradient_run(2, pixels, x, dy, sums);
  else
    gradient_run(1, pixels, x, dy, sums);
}
