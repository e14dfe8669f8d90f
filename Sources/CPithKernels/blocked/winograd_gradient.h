// Included once for each instruction set, which defines NAME(base).

enum { points = 6, tile = 4 };

// One line of the output's gradient: A d. Values are `step` apart.
INLINE void gradient_line(const lanes *d, const int step, lanes *to, const int to_step) {
  lanes even = d[0] + d[2 * step], odd = d[step] + d[3 * step];
  lanes far_even = d[0] + 4 * d[2 * step], far_odd = 2 * d[step] + 8 * d[3 * step];
  to[0] = d[0];
  to[to_step] = even + odd;
  to[2 * to_step] = even - odd;
  to[3 * to_step] = far_even + far_odd;
  to[4 * to_step] = far_even - far_odd;
  to[5 * to_step] = d[3 * step];
}

void NAME(winograd_gradient_f32_4x4)(const pith_winograd_input *shape, const float *dy,
                                     float *positions, ptrdiff_t position_stride) {
  lanes zeros[tile], lines[points * tile];
  const float *rows[tile];
  UNROLL for (int column = 0; column < tile; column++) zeros[column] = all(0);
  UNROLL for (int row = 0; row < tile; row++) {
    int exists = row >= shape->first_row && row < shape->end_row;
    rows[row] = exists ? dy + row * shape->row_stride : (const float *)zeros;
  }
  UNROLL for (int column = 0; column < tile; column++) {
    if (column < shape->first_column || column >= shape->end_column) {
      UNROLL for (int point = 0; point < points; point++) lines[point * tile + column] = all(0);
      continue;
    }
    lanes pixels[tile];
    UNROLL for (int row = 0; row < tile; row++) pixels[row] = load(rows[row] + 8 * column);
    gradient_line(pixels, 1, lines + column, tile);
  }
  UNROLL for (int row = 0; row < points; row++) {
    lanes line[points];
    gradient_line(lines + row * tile, 1, line, 1);
    UNROLL for (int column = 0; column < points; column++)
      store(positions + (row * points + column) * position_stride, line[column]);
  }
}

// One line of the weights' gradient: G^T m.
INLINE void weight_line(const lanes *m, const int step, lanes *to, const int to_step) {
  lanes sum = m[step] + m[2 * step], difference = m[2 * step] - m[step];
  lanes far_sum = m[3 * step] + m[4 * step], far_difference = m[3 * step] - m[4 * step];
  to[0] = 0.25f * m[0] - sum / 6 + far_sum / 24;
  to[to_step] = difference / 6 + far_difference / 12;
  to[2 * to_step] = (far_sum - sum) / 6 + m[5 * step];
}

void NAME(winograd_weight_gradient_f32_4x4)(size_t count, ptrdiff_t stride, const float *positions,
                                            ptrdiff_t position_stride, float *taps) {
  lanes sums[points * points], lines[3 * points];
  for (int p = 0; p < points * points; p++) {
    const float *from = positions + p * position_stride;
    sums[p] = load(from);
    for (size_t i = 1; i < count; i++) sums[p] += load(from + (ptrdiff_t)i * stride);
  }
  for (int column = 0; column < points; column++)
    weight_line(sums + column, points, lines + column, points);
  for (int row = 0; row < 3; row++) {
    lanes line[3];
    weight_line(lines + points * row, 1, line, 1);
    UNROLL for (int tap = 0; tap < 3; tap++) store(taps + 8 * (3 * row + tap), line[tap]);
  }
}
