// Included once for each instruction set, which defines the names of the four kernels.
//
// The transforms are those of Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", sections 4.1 and 4.3,
// for the points 0, 1, -1 and, with 4x4, 2 and -2.

// One line of the input: B^T d. Values are `step` apart.
INLINE void input_line(const int size, const lanes *d, const int step, lanes *to, const int to_step) {
  if (size == 4) {
    to[0] = d[0] - d[2 * step];
    to[to_step] = d[step] + d[2 * step];
    to[2 * to_step] = d[2 * step] - d[step];
    to[3 * to_step] = d[step] - d[3 * step];
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
  lanes far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
  to[0] = m[0] + sum + far_sum;
  to[to_step] = difference + all(2) * far_difference;
  to[2 * to_step] = sum + all(4) * far_sum;
  to[3 * to_step] = difference + all(8) * far_difference + m[5 * step];
}

// `size` is m + 2, a constant after inlining. Pixels beyond the image are zeros of a copy.
INLINE void transform_input(const int size, const pith_winograd_input *shape, const float *x,
                            float *positions, ptrdiff_t position_stride) {
  lanes padded[6 * 6], lines[6 * 6];
  ptrdiff_t row_stride = shape->row_stride;
  if (shape->first_row > 0 || shape->end_row < size || shape->first_column > 0 ||
      shape->end_column < size) {
    for (int row = 0; row < size; row++)
      for (int column = 0; column < size; column++) {
        int exists = row >= shape->first_row && row < shape->end_row &&
                     column >= shape->first_column && column < shape->end_column;
        padded[row * size + column] = exists ? load(x + row * row_stride + 8 * column) : all(0);
      }
    x = (const float *)padded;
    row_stride = 8 * size;
  }
  for (int column = 0; column < size; column++) {
    lanes pixels[6];
    UNROLL for (int row = 0; row < size; row++) pixels[row] = load(x + row * row_stride + 8 * column);
    input_line(size, pixels, 1, lines + column, size);
  }
  for (int row = 0; row < size; row++) {
    lanes line[6];
    input_line(size, lines + row * size, 1, line, 1);
    UNROLL for (int column = 0; column < size; column++)
      store(positions + (row * size + column) * position_stride, line[column]);
  }
}

INLINE void transform_output(const int size, const pith_winograd_output *shape,
                             const float *positions, ptrdiff_t position_stride, const float *bias,
                             float *output) {
  const int outputs = size - 2;
  lanes lines[4 * 6], low = all(shape->low), high = all(shape->high), addend = load(bias);
  for (int column = 0; column < size; column++) {
    lanes line[6];
    UNROLL for (int row = 0; row < size; row++)
      line[row] = load(positions + (row * size + column) * position_stride);
    output_line(size, line, 1, lines + column, size);
  }
  for (ptrdiff_t row = 0; row < shape->rows; row++) {
    lanes line[4];
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

void INPUT_2X2(const pith_winograd_input *shape, const float *x, float *positions,
               ptrdiff_t position_stride) {
  transform_input(4, shape, x, positions, position_stride);
}

void OUTPUT_2X2(const pith_winograd_output *shape, const float *positions,
                ptrdiff_t position_stride, const float *bias, float *output) {
  transform_output(4, shape, positions, position_stride, bias, output);
}

void INPUT_4X4(const pith_winograd_input *shape, const float *x, float *positions,
               ptrdiff_t position_stride) {
  transform_input(6, shape, x, positions, position_stride);
}

void OUTPUT_4X4(const pith_winograd_output *shape, const float *positions,
                ptrdiff_t position_stride, const float *bias, float *output) {
  transform_output(6, shape, positions, position_stride, bias, output);
}
