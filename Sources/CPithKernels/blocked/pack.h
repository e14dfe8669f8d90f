// Included once for each instruction set, which defines NAME(base).
#include <stddef.h>

#include "transpose.h"

// Eight lanes in double precision.
typedef double doubles __attribute__((vector_size(64), aligned(8)));

INLINE doubles widened(lanes value) { return __builtin_convertvector(value, doubles); }
INLINE lanes rounded(doubles value) { return __builtin_convertvector(value, lanes); }

// Values `first` to `first` + `count` - 1 of up to eight rows, a vector for each value; lanes without a row are zero.
INLINE void load_values(const pith_weight_rows *weights, size_t row, size_t first, size_t count,
                        lanes values[8]) {
  size_t rows = weights->rows > row ? weights->rows - row : 0;
  const float *from = weights->start + (ptrdiff_t)row * weights->stride + first;
  if (count == 8) {
    UNROLL for (size_t r = 0; r < 8; r++)
      values[r] = r < rows ? load(from + (ptrdiff_t)r * weights->stride) : all(0);
    transpose(values);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    values[i] = all(0);
    for (size_t r = 0; r < 8 && r < rows; r++) values[i][r] = from[(ptrdiff_t)r * weights->stride + i];
  }
}

void NAME(pack_f32_8)(const pith_weight_rows *weights, size_t output_blocks, size_t depth,
                      float *panel) {
  const size_t step = 8 * output_blocks, taps = weights->taps, count = weights->channels * taps;
  if (depth > count)
    for (size_t i = 0; i < 8 * taps * step; i++) panel[(depth - 8 * taps) * step + i] = 0;
  // Value `first` is tap `tap` of channel `channel`.
  size_t channel = 0, tap = 0;
  for (size_t first = 0; first < count; first += 8) {
    size_t number = count - first < 8 ? count - first : 8;
    size_t places[8];
    for (size_t i = 0; i < number; i++) {
      places[i] = taps == 1 ? first + i : (channel / 8 * taps + tap) * 8 + channel % 8;
      if (++tap == taps) tap = 0, channel++;
    }
    for (size_t v = 0; v < output_blocks; v++) {
      lanes values[8];
      load_values(weights, 8 * v, first, number, values);
      for (size_t i = 0; i < number; i++) {
        lanes value = values[i];
        if (weights->scales) value = rounded(widened(value) * *(const doubles *)(weights->scales + 8 * v));
        store(panel + places[i] * step + 8 * v, value);
      }
    }
  }
}

// to[i] = sum over j of matrix[i][j] * from[j]; `from` is 3 values `from_step` apart.
INLINE void matrix_line(const size_t size, const double *matrix, const doubles *from,
                        const size_t from_step, doubles *to, const size_t to_step) {
  UNROLL for (size_t i = 0; i < size; i++)
    to[i * to_step] = matrix[3 * i] * from[0] + matrix[3 * i + 1] * from[from_step] +
                      matrix[3 * i + 2] * from[2 * from_step];
}

// G g G^T, a channel of eight outputs after the other, to positions `position_stride` apart. `size` is a constant after
// inlining.
INLINE void transform_weights(const size_t size, const double *matrix, const lanes *values,
                              size_t channels, const double *scales, float *to, size_t step,
                              ptrdiff_t position_stride) {
  for (size_t channel = 0; channel < channels; channel++, values += 9, to += step) {
    doubles g[9], half[8 * 3];
    UNROLL for (size_t tap = 0; tap < 9; tap++) {
      g[tap] = widened(values[tap]);
      if (scales) g[tap] *= *(const doubles *)scales;
    }
    UNROLL for (size_t column = 0; column < 3; column++)
      matrix_line(size, matrix, g + column, 3, half + column, 3);
    float *line = to;
    for (size_t row = 0; row < size; row++) {
      doubles results[8];
      matrix_line(size, matrix, half + 3 * row, 1, results, 1);
      UNROLL for (size_t i = 0; i < size; i++, line += position_stride)
        store(line, rounded(results[i]));
    }
  }
}

void NAME(pack_winograd_f32_8)(const pith_weight_rows *weights, size_t output_blocks, size_t depth,
                               size_t size, const double *matrix, float *panel,
                               ptrdiff_t position_stride) {
  const size_t step = 8 * output_blocks, channels = weights->channels, positions = size * size;
  for (size_t channel = 0; channel < depth; channel++) {
    if (channel < channels) continue;
    for (size_t p = 0; p < positions; p++)
      for (size_t i = 0; i < step; i++)
        panel[(ptrdiff_t)p * position_stride + (ptrdiff_t)(channel * step + i)] = 0;
  }
  for (size_t channel = 0; channel < channels; channel += 8) {
    size_t number = channels - channel < 8 ? channels - channel : 8;
    for (size_t v = 0; v < output_blocks; v++) {
      lanes values[8 * 9];
      for (size_t first = 0; first < 9 * number; first += 8) {
        size_t left = 9 * number - first;
        load_values(weights, 8 * v, 9 * channel + first, left < 8 ? left : 8, values + first);
      }
      const double *scales = weights->scales ? weights->scales + 8 * v : NULL;
      float *to = panel + channel * step + 8 * v;
      switch (size) {
#define SIZE(size)                                                                                \
  case size:                                                                                      \
    transform_weights(size, matrix, values, number, scales, to, step, position_stride);           \
    break;
        SIZE(4) SIZE(6) SIZE(8)
#undef SIZE
      }
    }
  }
}
