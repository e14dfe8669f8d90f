// Included once for each instruction set, which defines NAME(base).
#include <stddef.h>

#include "transpose.h"

typedef double quad __attribute__((vector_size(32), aligned(8)));

// Half of eight lanes in double precision.
INLINE quad lower_half(lanes value) {
  return __builtin_convertvector(__builtin_shufflevector(value, value, 0, 1, 2, 3), quad);
}
INLINE quad upper_half(lanes value) {
  return __builtin_convertvector(__builtin_shufflevector(value, value, 4, 5, 6, 7), quad);
}
INLINE lanes rounded(quad lower, quad upper) {
  typedef float half __attribute__((vector_size(16)));
  return __builtin_shufflevector(__builtin_convertvector(lower, half),
                                 __builtin_convertvector(upper, half), 0, 1, 2, 3, 4, 5, 6, 7);
}
INLINE lanes scaled(lanes value, const double *scale) {
  return rounded(lower_half(value) * *(const quad *)scale,
                 upper_half(value) * *(const quad *)(scale + 4));
}

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
        lanes value = weights->scales ? scaled(values[i], weights->scales + 8 * v) : values[i];
        store(panel + places[i] * step + 8 * v, value);
      }
    }
  }
}

// to[i] = sum over j of matrix[i][j] * from[j]; `from` is 3 values `from_step` apart.
INLINE void matrix_line(size_t size, const double *matrix, const quad *from, size_t from_step,
                        quad *to, size_t to_step) {
  for (size_t i = 0; i < size; i++)
    to[i * to_step] = matrix[3 * i] * from[0] + matrix[3 * i + 1] * from[from_step] +
                      matrix[3 * i + 2] * from[2 * from_step];
}

// G g G^T of four lanes.
INLINE void transform_weights(size_t size, const double *matrix, const quad g[9], quad *to) {
  quad half[8 * 3];
  for (size_t column = 0; column < 3; column++)
    matrix_line(size, matrix, g + column, 3, half + column, 3);
  for (size_t row = 0; row < size; row++)
    matrix_line(size, matrix, half + 3 * row, 1, to + row * size, 1);
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
      for (size_t c = 0; c < number; c++) {
        quad lower[9], upper[9], low[8 * 8], high[8 * 8];
        for (size_t tap = 0; tap < 9; tap++) {
          lower[tap] = lower_half(values[9 * c + tap]);
          upper[tap] = upper_half(values[9 * c + tap]);
          if (scales) {
            lower[tap] *= *(const quad *)scales;
            upper[tap] *= *(const quad *)(scales + 4);
          }
        }
        transform_weights(size, matrix, lower, low);
        transform_weights(size, matrix, upper, high);
        float *to = panel + (channel + c) * step + 8 * v;
        for (size_t p = 0; p < positions; p++)
          store(to + (ptrdiff_t)p * position_stride, rounded(low[p], high[p]));
      }
    }
  }
}
