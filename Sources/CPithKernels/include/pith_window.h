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

// One plane of a depthwise convolution. weights: [kernel_height][kernel_width]; residual as the output, or null;
// the clamp leaves NaN alone. Every output is one chain of multiply-adds over the taps inside the plane.
#define PITH_DEPTHWISE_KERNEL(name)                                                       \
  void name(const pith_window *window, const float *plane, const float *weights, float bias, \
            const float *residual, float low, float high, float *output)

PITH_DEPTHWISE_KERNEL(depthwise_f32_portable);
#if defined(__x86_64__)
PITH_DEPTHWISE_KERNEL(depthwise_f32_avx2);
#endif

#endif
