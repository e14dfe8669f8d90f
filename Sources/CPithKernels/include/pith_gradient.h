// Kernels that training needs beside those of pith_blocked.h, for values in the same channel blocks of eight.
#ifndef PITH_GRADIENT_H
#define PITH_GRADIENT_H

#include <stddef.h>

#include "pith_blocked.h"

// Where the pixels lie that a convolution's weights meet. Output pixel (p, q) of block b is
// dy[b * dy_block_stride + p * dy_row_stride + 8 * q]; under tap t it meets x[p * x_row_stride + q * x_pixel_stride + taps[t]].
typedef struct {
  size_t rows, columns;
  ptrdiff_t dy_block_stride, dy_row_stride;
  ptrdiff_t x_row_stride, x_pixel_stride;
  const ptrdiff_t *taps;
  size_t tap_count;
} pith_gradient_pixels;

// Adds to sums[t][c][b][k] the products of dy, channel k of block b, with x, channel c, over all pixels. One block of
// inputs, one or two of outputs.
#define PITH_WEIGHT_GRADIENT_KERNELS(variant)                                                       \
  void weight_gradient_f32_8_##variant(size_t output_blocks, const pith_gradient_pixels *pixels,    \
                                       const float *x, const float *dy, float *sums)

// Winograd's way to the gradient by weights of 3x3, in tiles of 4x4 outputs (Lavin and Gray 2016, transposed): with the
// transforms of pith_blocked.h y = A^T [(G g G^T) . (B^T x B)] A, so dg = G^T [(A dy A^T) . (B^T x B)] G, summed over tiles.
//
// The first transforms 4x4 pixels of dy to 36 positions as winograd_input_f32_4x4 does those of x. The second transforms the
// sums of eight outputs back to nine taps, `taps` is [9][8]; `count` sums lie `stride` apart and are added in order first.
#define PITH_WINOGRAD_GRADIENT_KERNELS(variant)                                                     \
  void winograd_gradient_f32_4x4_##variant(const pith_winograd_input *shape, const float *dy,       \
                                           float *positions, ptrdiff_t position_stride);            \
  void winograd_weight_gradient_f32_4x4_##variant(size_t count, ptrdiff_t stride,                   \
                                                  const float *positions,                           \
                                                  ptrdiff_t position_stride, float *taps)

// Of one block of channels, with y = clamp(x * scale + shift) as scale_f32_8 computes it.
//
// moments: the mean, and the sum of the squared distances from it. sums: of dy, then of dy * (x - mean), both only where y
// lies between low and high. gradient: dx = factor * dy (where y lies so) + slope * x + offset + added, where `added` may be
// null; dx may be dy or `added`.
typedef struct {
  const float *scale, *shift, *mean;
  float low, high;
} pith_normalization;

typedef struct {
  const float *factor, *slope, *offset;
} pith_normalization_gradient;

#define PITH_NORMALIZATION_KERNELS(variant)                                                         \
  void moments_f32_8_##variant(size_t pixels, const float *x, float *mean, float *squares);         \
  void normalization_sums_f32_8_##variant(size_t pixels, const pith_normalization *norm,            \
                                          const float *x, const float *dy, float *sums);            \
  void normalization_gradient_f32_8_##variant(                                                      \
      size_t pixels, const pith_normalization *norm,                                                \
      const pith_normalization_gradient *gradient, const float *x, const float *dy,                 \
      const float *added, float *dx)

// dx = (dy where y lies between low and high, else 0) + added, which may be null; dx may be dy or `added`.
#define PITH_ELEMENT_GRADIENT_KERNELS(variant)                                                      \
  void clip_gradient_f32_##variant(size_t count, const float *y, float low, float high,             \
                                   const float *dy, const float *added, float *dx)

// Derivatives of functions of single values. Those of leaky ReLU (its slope is the parameter), sigmoid, hard sigmoid (the
// slope) and tanh follow from the output, the others from the input (ELU: alpha is the parameter).
typedef enum {
  pith_leaky_relu_derivative,
  pith_elu_derivative,
  pith_sigmoid_derivative,
  pith_hard_sigmoid_derivative,
  pith_hard_swish_derivative,
  pith_silu_derivative,
  pith_gelu_derivative,
  pith_approximate_gelu_derivative,
  pith_erf_derivative,
  pith_tanh_derivative,
} pith_derivative;

// dx = derivative(value) * dy + added, which may be null; dx may be any of them.
#define PITH_MAP_GRADIENT_KERNELS(variant)                                                          \
  void map_gradient_f32_##variant(pith_derivative kind, size_t count, const float *value,           \
                                  float parameter, const float *dy, const float *added, float *dx)

// Of windows that slide over one block of channels.
//
// Depthwise convolutions, weights and sums are [taps][8]: the first adds dy times the weights to dx at the places under the
// taps, the second adds dy times x at these places to the sums. Pools add to dx: the average spreads dy evenly over the
// places under a window, the maximum gives it to the greatest value of each window, the first of equals. The last writes
// all of dx, which may be x, for windows that do not overlap: kernel = stride, no padding before, no dilation.
#define PITH_WINDOW_GRADIENT_KERNELS(variant)                                                       \
  void depthwise_input_gradient_f32_8_##variant(const pith_sliding_window *window, const float *dy, \
                                                const float *weights, float *dx);                   \
  void depthwise_weight_gradient_f32_8_##variant(const pith_sliding_window *window, const float *x, \
                                                 const float *dy, float *sums);                     \
  void average_pool_gradient_f32_8_##variant(const pith_sliding_window *window,                     \
                                             int include_padding, const float *dy, float *dx);      \
  void max_pool_gradient_f32_8_##variant(const pith_sliding_window *window, const float *x,         \
                                         const float *dy, float *dx);                               \
  void max_pool_tile_gradient_f32_8_##variant(const pith_sliding_window *window, const float *x,    \
                                              const float *dy, float *dx)

#define PITH_GRADIENT_KERNELS(variant)   \
  PITH_WEIGHT_GRADIENT_KERNELS(variant); \
  PITH_WINOGRAD_GRADIENT_KERNELS(variant); \
  PITH_NORMALIZATION_KERNELS(variant);   \
  PITH_ELEMENT_GRADIENT_KERNELS(variant); \
  PITH_MAP_GRADIENT_KERNELS(variant); \
  PITH_WINDOW_GRADIENT_KERNELS(variant)

PITH_GRADIENT_KERNELS(portable);
#if defined(__x86_64__)
PITH_GRADIENT_KERNELS(avx2);
PITH_GRADIENT_KERNELS(avx512);
#endif
#if defined(__aarch64__)
PITH_GRADIENT_KERNELS(neon);
#endif

#endif
