// Kernels that slide a window over the planes of an image: packing for the product, and depthwise convolution.
#ifndef PITH_WINDOW_H
#define PITH_WINDOW_H

#include <stddef.h>
#include <stdint.h>

// A window over planes of height x width. Output (p, q) and tap (r, s) meet input
// (p * stride_y - pad_top + r * dilation_y, q * stride_x - pad_left + s * dilation_x), zero outside the plane.
// The caller has checked that none of these, nor an index into a plane, leaves 32 bits.
typedef struct {
  int32_t height, width;
  int32_t kernel_height, kernel_width;
  int32_t stride_y, stride_x;
  int32_t dilation_y, dilation_x;
  int32_t pad_top, pad_left;
  int32_t output_height, output_width;
} pith_window;

// One panel of B for a convolution: `channels` * kernel_height * kernel_width rows (tap by tap within a channel)
// of `tile columns` floats. Column j is output first_column + j, counted row by row; columns from `columns` on
// are zero. `taps` is scratch for kernel_height * kernel_width * tile columns numbers.
#define PITH_IM2COL_KERNEL(name)                                                        \
  void name(const pith_window *window, size_t first_column, size_t columns, size_t channels, \
            const float *planes, int32_t *taps, float *panel)

PITH_IM2COL_KERNEL(im2col_f32_8_portable);
#if defined(__x86_64__)
PITH_IM2COL_KERNEL(im2col_f32_16_avx2);
#endif

// The outputs that a depthwise kernel computes at a time.
enum { pith_depthwise_lanes = 8 };

// The rows of a plane with its padding, as far as the window meets them.
static inline size_t pith_depthwise_rows(const pith_window *window) {
  return (size_t)(window->output_height - 1) * (size_t)window->stride_y +
         (size_t)(window->kernel_height - 1) * (size_t)window->dilation_y + 1;
}

// The columns likewise; up to a stride of 2 rounded up to what whole vectors read.
static inline size_t pith_depthwise_columns(const pith_window *window) {
  size_t reach = (size_t)(window->kernel_width - 1) * (size_t)window->dilation_x;
  size_t outputs = (size_t)window->output_width, stride = (size_t)window->stride_x;
  if (stride > 2) return (outputs - 1) * stride + reach + 1;
  size_t vectors = (outputs + pith_depthwise_lanes - 1) / pith_depthwise_lanes;
  return vectors * pith_depthwise_lanes * stride + reach;
}

// One plane of a depthwise convolution. weights: [kernel_height][kernel_width]; residual as the output, or null;
// the clamp leaves NaN alone; scratch for pith_depthwise_rows * pith_depthwise_columns floats. Every output is
// one chain of multiply-adds over all taps, those in the padding included.
#define PITH_DEPTHWISE_KERNEL(name)                                                       \
  void name(const pith_window *window, const float *plane, const float *weights, float bias, \
            const float *residual, float low, float high, float *scratch, float *output)

PITH_DEPTHWISE_KERNEL(depthwise_f32_portable);
#if defined(__x86_64__)
PITH_DEPTHWISE_KERNEL(depthwise_f32_avx2);
#endif

#endif
