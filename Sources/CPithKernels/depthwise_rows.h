// Depthwise convolution of one plane, written once and compiled for each instruction set.
#ifndef PITH_DEPTHWISE_ROWS_H
#define PITH_DEPTHWISE_ROWS_H

#include "gemm_value.h"
#include "pith_window.h"

enum { depthwise_block = 32 };

// `stride` is window->stride_x, a constant after inlining where it is small.
static inline __attribute__((always_inline)) void depthwise_row(
    const pith_window *window, const int32_t stride, int32_t p, const float *restrict plane,
    const float *restrict weights, float bias, const float *residual, float low, float high,
    float *output) {
  for (int32_t start = 0; start < window->output_width; start += depthwise_block) {
    int32_t end = start + depthwise_block;
    if (end > window->output_width) end = window->output_width;
    float sums[depthwise_block] = {0};
    for (int32_t r = 0; r < window->kernel_height; r++) {
      int32_t y = p * window->stride_y - window->pad_top + r * window->dilation_y;
      if (y < 0 || y >= window->height) continue;
      for (int32_t s = 0; s < window->kernel_width; s++) {
        // Output q reads column q * stride + offset; the first and last inside the plane follow.
        int32_t offset = s * window->dilation_x - window->pad_left;
        int32_t last = window->width - 1 - offset;
        if (last < 0) continue;
        int32_t first_q = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        int32_t end_q = last / stride + 1;
        if (first_q < start) first_q = start;
        if (end_q > end) end_q = end;
        if (first_q >= end_q) continue;
        const float *from =
            plane + (ptrdiff_t)y * window->width + (ptrdiff_t)first_q * stride + offset;
        float weight = weights[r * window->kernel_width + s];
        float *sum = sums + (first_q - start);
        for (int32_t i = 0; i < end_q - first_q; i++) sum[i] += weight * from[(ptrdiff_t)i * stride];
      }
    }
    for (int32_t q = start; q < end; q++) {
      float value = sums[q - start] + bias;
      if (residual) value += residual[q];
      output[q] = clamp_f32(value, low, high);
    }
  }
}

static inline __attribute__((always_inline)) void depthwise_rows(
    const pith_window *window, const float *plane, const float *weights, float bias,
    const float *residual, float low, float high, float *output) {
  for (int32_t p = 0; p < window->output_height; p++) {
    if (window->stride_x == 1)
      depthwise_row(window, 1, p, plane, weights, bias, residual, low, high, output);
    else if (window->stride_x == 2)
      depthwise_row(window, 2, p, plane, weights, bias, residual, low, high, output);
    else
      depthwise_row(window, window->stride_x, p, plane, weights, bias, residual, low, high, output);
    output += window->output_width;
    if (residual) residual += window->output_width;
  }
}

#endif
