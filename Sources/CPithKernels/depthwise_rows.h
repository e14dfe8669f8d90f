// Depthwise convolution of one plane, written once and compiled for each instruction set.
#ifndef PITH_DEPTHWISE_ROWS_H
#define PITH_DEPTHWISE_ROWS_H

#include <string.h>

#include "pith_window.h"

enum { lanes = pith_depthwise_lanes };

typedef float vector __attribute__((vector_size(lanes * sizeof(float))));
typedef int32_t vector_mask __attribute__((vector_size(lanes * sizeof(float))));
typedef float vector_pair __attribute__((vector_size(2 * lanes * sizeof(float))));

// Copies the rows and columns that the window meets, zeros around the plane included.
static inline __attribute__((always_inline)) void pad_plane(const pith_window *window,
                                                            const float *plane, float *padded) {
  size_t rows = pith_depthwise_rows(window), columns = pith_depthwise_columns(window);
  size_t left = (size_t)window->pad_left < columns ? (size_t)window->pad_left : columns;
  size_t width = (size_t)window->width < columns - left ? (size_t)window->width : columns - left;
  for (size_t row = 0; row < rows; row++, padded += columns) {
    ptrdiff_t y = (ptrdiff_t)row - window->pad_top;
    if (y < 0 || y >= window->height) {
      memset(padded, 0, columns * sizeof(float));
      continue;
    }
    memset(padded, 0, left * sizeof(float));
    memcpy(padded + left, plane + y * window->width, width * sizeof(float));
    memset(padded + left + width, 0, (columns - left - width) * sizeof(float));
  }
}

// Writes the first `count` lanes of clamp(*sum + residual).
static inline __attribute__((always_inline)) void write_vector(const vector *sum, size_t count,
                                                               const float *residual, float low,
                                                               float high, float *output) {
  vector value = *sum;
  if (residual) {
    vector added = {0};
    memcpy(&added, residual, count * sizeof(float));
    value += added;
  }
  vector least = low - (vector){0}, greatest = high - (vector){0};
  vector_mask below = value < least;
  value = (vector)((below & (vector_mask)least) | (~below & (vector_mask)value));
  vector_mask above = value > greatest;
  value = (vector)((above & (vector_mask)greatest) | (~above & (vector_mask)value));
  memcpy(output, &value, count * sizeof(float));
}

// `stride`, `kernel_height` and `kernel_width` are those of the window, constants after inlining where small.
static inline __attribute__((always_inline)) void depthwise_row(
    const pith_window *window, const ptrdiff_t stride, const ptrdiff_t kernel_height,
    const ptrdiff_t kernel_width, const float *padded, const float *weights, float bias,
    const float *residual, float low, float high, float *output) {
  ptrdiff_t columns = (ptrdiff_t)pith_depthwise_columns(window);
  for (ptrdiff_t q = 0; q < window->output_width; q += lanes) {
    ptrdiff_t count = window->output_width - q;
    if (count > lanes) count = lanes;
    vector sum = {0};
    for (ptrdiff_t r = 0; r < kernel_height; r++) {
      const float *row = padded + r * window->dilation_y * columns + q * stride;
      for (ptrdiff_t s = 0; s < kernel_width; s++) {
        const float *from = row + s * window->dilation_x;
        vector value = {0};
        if (stride == 1) {
          memcpy(&value, from, sizeof value);
        } else if (stride == 2) {
          vector_pair pair;
          memcpy(&pair, from, sizeof pair);
          value = __builtin_shufflevector(pair, pair, 0, 2, 4, 6, 8, 10, 12, 14);
        } else {
          for (ptrdiff_t i = 0; i < count; i++) value[i] = from[i * stride];
        }
        sum += value * weights[r * kernel_width + s];
      }
    }
    sum += bias;
    const float *added = residual ? residual + q : NULL;
    if (count == lanes)
      write_vector(&sum, lanes, added, low, high, output + q);
    else
      write_vector(&sum, (size_t)count, added, low, high, output + q);
  }
}

static inline __attribute__((always_inline)) void depthwise_rows(
    const pith_window *window, const float *plane, const float *weights, float bias,
    const float *residual, float low, float high, float *scratch, float *output) {
  pad_plane(window, plane, scratch);
  size_t step = (size_t)window->stride_y * pith_depthwise_columns(window);
  int32_t height = window->kernel_height, width = window->kernel_width, stride = window->stride_x;
  for (int32_t p = 0; p < window->output_height; p++) {
    if (height == 3 && width == 3 && stride == 1)
      depthwise_row(window, 1, 3, 3, scratch, weights, bias, residual, low, high, output);
    else if (height == 3 && width == 3 && stride == 2)
      depthwise_row(window, 2, 3, 3, scratch, weights, bias, residual, low, high, output);
    else if (stride == 1)
      depthwise_row(window, 1, height, width, scratch, weights, bias, residual, low, high, output);
    else if (stride == 2)
      depthwise_row(window, 2, height, width, scratch, weights, bias, residual, low, high, output);
    else
      depthwise_row(window, stride, height, width, scratch, weights, bias, residual, low, high,
                    output);
    scratch += step;
    output += window->output_width;
    if (residual) residual += window->output_width;
  }
}

#endif
