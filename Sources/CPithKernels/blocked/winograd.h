// Included once for each instruction set, which defines NAME(base), and LINES as UNROLL where it has registers for lines of
// an input one after the other, else as nothing.
//
// The transforms are those of Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", sections 4.1 and 4.3,
// for the points 0, 1, -1, with 4x4 also 2 and -2, and with 6x6 also 1/2 and -1/2.
enum { widest = 8 };

// One line of the input: B^T d. Values are `step` apart.
INLINE void input_line(const int size, const lanes *d, const int step, lanes *to, const int to_step) {
  if (size == 4) {
    to[0] = d[0] - d[2 * step];
    to[to_step] = d[step] + d[2 * step];
    to[2 * to_step] = d[2 * step] - d[step];
    to[3 * to_step] = d[step] - d[3 * step];
    return;
  }
  if (size == 8) {
    lanes even = d[2 * step] + d[6 * step] - 4.25f * d[4 * step];
    lanes odd = d[step] + d[5 * step] - 4.25f * d[3 * step];
    lanes even_2 = d[6 * step] + 0.25f * d[2 * step] - 1.25f * d[4 * step];
    lanes odd_2 = 0.5f * d[step] - 2.5f * d[3 * step] + 2 * d[5 * step];
    lanes even_half = d[6 * step] + 4 * d[2 * step] - 5 * d[4 * step];
    lanes odd_half = 2 * d[step] - 2.5f * d[3 * step] + 0.5f * d[5 * step];
    to[0] = d[0] - d[6 * step] + 5.25f * (d[4 * step] - d[2 * step]);
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = even_2 + odd_2;
    to[4 * to_step] = even_2 - odd_2;
    to[5 * to_step] = even_half + odd_half;
    to[6 * to_step] = even_half - odd_half;
    to[7 * to_step] = d[7 * step] - d[step] + 5.25f * (d[3 * step] - d[5 * step]);
    return;
  }
  lanes two = all(2), four = all(4), five = all(5);
  lanes even = d[4 * step] - four * d[2 * step], odd = d[3 * step] - four * d[step];
  lanes outer = d[4 * step] - d[2 * step], inner = two * (d[3 * step] - d[step]);
  to[0] = four * d[0] - five * d[2 * step] + d[4 * step];
  to[to_step] = even + odd;
  to[2 * to_step] = even - odd;
  to[3 * to_step] = outer + inner;
  to[4 * to_step] = outer - inner;
  to[5 * to_step] = four * d[step] - five * d[3 * step] + d[5 * step];
}

// One line of the output: A^T m.
INLINE void output_line(const int size, const lanes *m, const int step, lanes *to, const int to_step) {
  if (size == 4) {
    to[0] = m[0] + m[step] + m[2 * step];
    to[to_step] = m[step] - m[2 * step] - m[3 * step];
    return;
  }
  lanes sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
  if (size == 8) {
    lanes sum_2 = m[3 * step] + m[4 * step], difference_2 = m[3 * step] - m[4 * step];
    lanes sum_half = m[5 * step] + m[6 * step], difference_half = m[5 * step] - m[6 * step];
    to[0] = m[0] + sum + sum_2 + sum_half;
    to[to_step] = difference + 2 * difference_2 + 0.5f * difference_half;
    to[2 * to_step] = sum + 4 * sum_2 + 0.25f * sum_half;
    to[3 * to_step] = difference + 8 * difference_2 + 0.125f * difference_half;
    to[4 * to_step] = sum + 16 * sum_2 + 0.0625f * sum_half;
    to[5 * to_step] = difference + 32 * difference_2 + 0.03125f * difference_half + m[7 * step];
    return;
  }
  lanes far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
  to[0] = m[0] + sum + far_sum;
  to[to_step] = difference + all(2) * far_difference;
  to[2 * to_step] = sum + all(4) * far_sum;
  to[3 * to_step] = difference + all(8) * far_difference + m[5 * step];
}

// `size` is m + 2, a constant after inlining. Rows beyond the image are read from zeros.
INLINE void transform_input(const int size, const pith_winograd_input *shape, const float *x,
                            float *positions, ptrdiff_t position_stride) {
  lanes zeros[widest], lines[widest * widest];
  const float *rows[widest];
  UNROLL for (int column = 0; column < size; column++) zeros[column] = all(0);
  UNROLL for (int row = 0; row < size; row++) {
    int exists = row >= shape->first_row && row < shape->end_row;
    rows[row] = exists ? x + row * shape->row_stride : (const float *)zeros;
  }
  // What the tile below this one reads next, or that on top of the next block of channels: rows are short, and several of them
  // share a page, which keeps processors from seeing where this goes.
  UNROLL for (int row = 0; row < size - 2; row++)
    UNROLL for (int column = 1; column < size - 1; column += 2)
      __builtin_prefetch(x + (size + row) * shape->row_stride + 8 * column, 0, 3);
  UNROLL for (int column = 0; column < size; column++) {
    if (column < shape->first_column || column >= shape->end_column) {
      UNROLL for (int row = 0; row < size; row++) lines[row * size + column] = all(0);
      continue;
    }
    lanes pixels[widest];
    UNROLL for (int row = 0; row < size; row++) pixels[row] = load(rows[row] + 8 * column);
    input_line(size, pixels, 1, lines + column, size);
  }
  LINES for (int row = 0; row < size; row++) {
    lanes line[widest];
    input_line(size, lines + row * size, 1, line, 1);
    UNROLL for (int column = 0; column < size; column++)
      store(positions + (row * size + column) * position_stride, line[column]);
  }
}

INLINE void transform_output(const int size, const pith_winograd_output *shape,
                             const float *positions, ptrdiff_t position_stride, const float *bias,
                             float *output) {
  const int outputs = size - 2;
  lanes lines[(widest - 2) * widest], low = all(shape->low), high = all(shape->high), addend = load(bias);
  // Where the tile after the next one is written.
  UNROLL for (int row = 0; row < outputs; row++)
    UNROLL for (int column = 0; column < outputs; column += 2)
      __builtin_prefetch(output + row * shape->row_stride + 8 * (2 * outputs + column), 1, 3);
  for (int column = 0; column < size; column++) {
    lanes line[widest];
    UNROLL for (int row = 0; row < size; row++)
      line[row] = load(positions + (row * size + column) * position_stride);
    output_line(size, line, 1, lines + column, size);
  }
  for (ptrdiff_t row = 0; row < shape->rows; row++) {
    lanes line[widest - 2];
    output_line(size, lines + row * size, 1, line, 1);
    UNROLL for (int column = 0; column < outputs; column++) {
      if (column >= shape->columns) break;
      ptrdiff_t place = row * shape->row_stride + 8 * column;
      lanes value = line[column] + addend;
      if (shape->residual) value += load(shape->residual + place);
      store(output + place, clamp(value, low, high));
    }
  }
}

#define KERNELS(m)                                                                                \
  void NAME(winograd_input_f32_##m##x##m)(const pith_winograd_input *shape, const float *x,       \
                                          float *positions, ptrdiff_t position_stride) {          \
    transform_input(m + 2, shape, x, positions, position_stride);                                 \
  }                                                                                               \
  void NAME(winograd_output_f32_##m##x##m)(const pith_winograd_output *shape,                     \
                                           const float *positions, ptrdiff_t position_stride,     \
                                           const float *bias, float *output) {                    \
    transform_output(m + 2, shape, positions, position_stride, bias, output);                     \
  }
KERNELS(2)
KERNELS(4)
KERNELS(6)
