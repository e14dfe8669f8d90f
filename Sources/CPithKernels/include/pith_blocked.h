// Kernels for activations in channel blocks of eight: [blocks][height][width][8], where channel c is lane c % 8 of block
// c / 8. Lanes beyond the last channel are finite; weights that meet them are zero.
//
// All sizes and strides are in floats unless said otherwise. Addresses need no alignment beyond that of a float.
// Every value is one chain of multiply-adds in the order in which the kernel walks, whatever tile it falls into.
#ifndef PITH_BLOCKED_H
#define PITH_BLOCKED_H

#include <stddef.h>

// Where the inputs of a product lie. The input of pixel p of row r, channel c of block b, at tap t is
// x[r * row_stride + p * pixel_stride + b * block_stride + taps[t] + c]; pixels fill row after row.
typedef struct {
  const ptrdiff_t *taps;
  size_t tap_count;
  size_t blocks;
  ptrdiff_t block_stride;
  ptrdiff_t pixel_stride;
  // The pixels of a row, or 0: all are one row.
  size_t row_pixels;
  ptrdiff_t row_stride;
  // Weights that are wanted soon: brought into the second-level cache meanwhile; or null.
  const float *next;
  size_t next_floats;
} pith_product_input;

// What follows the sum: output = clamp(sum + bias + residual). The clamp leaves NaN alone.
typedef struct {
  const float *bias;      // eight for each block of outputs, or null
  const float *residual;  // laid out as the output, or null
  ptrdiff_t block_stride;  // between blocks of the output, and of the residual
  ptrdiff_t pixel_stride;  // likewise between pixels
  float low, high;
} pith_product_output;

// Products of weights with `pixels` pixels, which are whole rows.
//
// `output_blocks` is 1 or 2. Weights: [blocks][taps][8][output_blocks][8].
#define PITH_PRODUCT_KERNEL(name)                                                                   \
  void name(size_t output_blocks, size_t pixels, const pith_product_input *input, const float *x,   \
            const float *weights, const pith_product_output *shape, float *output)

// The same for an input of planes, where each tap is one value: weights are [taps][output_blocks][8], there is one block
// and one row.
#define PITH_PRODUCT_KERNELS(tile, variant)                \
  PITH_PRODUCT_KERNEL(product_f32_##tile##_##variant);     \
  PITH_PRODUCT_KERNEL(product_planar_f32_##tile##_##variant)

// Winograd's transforms for kernels of 3x3 and outputs of m x m (Lavin and Gray 2016), on one block of channels.
//
// Input: (m + 2)^2 pixels, rows `row_stride` apart, to (m + 2)^2 positions `position_stride` apart. Only the pixels of rows
// first_row to end_row and columns first_column to end_column exist; the others are zero and not read. Output: positions
// back to m x m pixels, of which the first `rows` x `columns` are stored: clamp(value + bias + residual).
typedef struct {
  ptrdiff_t row_stride;
  ptrdiff_t first_row, end_row, first_column, end_column;
} pith_winograd_input;

typedef struct {
  const float *residual;  // laid out as the output, or null
  ptrdiff_t row_stride;
  ptrdiff_t rows, columns;
  float low, high;
} pith_winograd_output;

#define PITH_WINOGRAD_KERNELS(m, variant)                                                         \
  void winograd_input_f32_##m##_##variant(const pith_winograd_input *shape, const float *x,       \
                                          float *positions, ptrdiff_t position_stride);           \
  void winograd_output_f32_##m##_##variant(const pith_winograd_output *shape,                     \
                                           const float *positions, ptrdiff_t position_stride,     \
                                           const float *bias, float *output)

// One block of channels of a window that slides over an image; taps that lie outside of it do not count.
//
// Output (p, q) and tap (r, s) meet input (p * stride_y - top + r * dilation_y, q * stride_x - left + s * dilation_x).
typedef struct {
  ptrdiff_t height, width;
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t stride_y, stride_x;
  ptrdiff_t dilation_y, dilation_x;
  ptrdiff_t top, left, bottom, right;
  ptrdiff_t output_height, output_width;
} pith_sliding_window;

// Rows `first_row` to `end_row` - 1 of the output are computed; addresses are those of whole images. Depthwise weights:
// [taps][8]; output = clamp(sum + bias + residual), where bias and residual may be null. NaN is the maximum of all.
#define PITH_WINDOW_KERNELS(variant)                                                                \
  void depthwise_f32_8_##variant(const pith_sliding_window *window, ptrdiff_t first_row,            \
                                 ptrdiff_t end_row, const float *x, const float *weights,           \
                                 const float *bias, const float *residual, float low, float high,   \
                                 float *output);                                                    \
  void max_pool_f32_8_##variant(const pith_sliding_window *window, ptrdiff_t first_row,             \
                                ptrdiff_t end_row, const float *x, float *output);                  \
  void average_pool_f32_8_##variant(const pith_sliding_window *window, ptrdiff_t first_row,         \
                                    ptrdiff_t end_row, const float *x, int include_padding,         \
                                    float *output);                                                 \
  void global_average_f32_8_##variant(size_t pixels, const float *x, float *output);                \
  void global_max_f32_8_##variant(size_t pixels, const float *x, float *output)

// Depthwise convolution of a panel, two blocks of channels, whose input is [height][width][16]; blocks of the output and of the residual are
// `block_stride` apart. Weights: [2][taps][8], at most so many taps.
enum { pith_depthwise_16_taps = 49 };
#define PITH_PANEL_WINDOW_KERNELS(variant)                                                         \
  void depthwise_f32_16_##variant(const pith_sliding_window *window, ptrdiff_t first_row,           \
                                  ptrdiff_t end_row, const float *x, const float *weights,          \
                                  const float *bias, const float *residual, float low, float high,  \
                                  float *output, ptrdiff_t block_stride)

// Between [channels][pixels] and blocks; lanes beyond the last channel become zero.
#define PITH_REORDER_KERNELS(variant)                                                               \
  void to_blocks_f32_8_##variant(size_t channels, size_t pixels, const float *planes,               \
                                 float *blocks);                                                    \
  void from_blocks_f32_8_##variant(size_t channels, size_t pixels, const float *blocks,             \
                                   float *planes)

// The weights of up to sixteen outputs, a row each: [channels][taps]. With scales, row r is multiplied by scales[r] in
// double precision; there are as many scales as lanes.
typedef struct {
  const float *start;
  ptrdiff_t stride;
  size_t rows, channels, taps;
  const double *scales;  // or null
} pith_weight_rows;

// Lays them out as a panel for the product kernels: [blocks][taps][8][output_blocks][8], or with one tap
// [depth][output_blocks][8]; lanes without a row or a channel become zero. `depth` is how many values an output sums.
//
// The other is for 3x3 and Winograd's convolution: matrix * weights * transposed matrix, where the matrix is [size][3], goes
// to size^2 panels of one tap, `position_stride` apart; `size` is at most 8.
#define PITH_PACK_KERNELS(variant)                                                                  \
  void pack_f32_8_##variant(const pith_weight_rows *weights, size_t output_blocks, size_t depth,    \
                            float *panel);                                                          \
  void pack_winograd_f32_8_##variant(const pith_weight_rows *weights, size_t output_blocks,         \
                                     size_t depth, size_t size, const double *matrix, float *panel, \
                                     ptrdiff_t position_stride)

// Functions of single values, of any number of them; `x` may be `y`. NaN stays NaN.
#define PITH_MAP_KERNELS(variant)                                                                   \
  void clip_f32_##variant(size_t count, const float *x, float low, float high, float *y);           \
  void leaky_relu_f32_##variant(size_t count, const float *x, float slope, float *y);               \
  void elu_f32_##variant(size_t count, const float *x, float alpha, float *y);                      \
  void sigmoid_f32_##variant(size_t count, const float *x, float *y);                               \
  void hard_sigmoid_f32_##variant(size_t count, const float *x, float slope, float offset,          \
                                  float *y);                                                        \
  void hard_swish_f32_##variant(size_t count, const float *x, float *y);                            \
  void silu_f32_##variant(size_t count, const float *x, float *y);                                  \
  void gelu_f32_##variant(size_t count, const float *x, float *y);                                  \
  void approximate_gelu_f32_##variant(size_t count, const float *x, float *y);                      \
  void erf_f32_##variant(size_t count, const float *x, float *y);                                   \
  void tanh_f32_##variant(size_t count, const float *x, float *y);                                  \
  void softmax_f32_##variant(size_t count, const float *x, float *y)

// Of two inputs of one size, value by value, then a clamp; and of one block of channels with a number for each channel:
// y = clamp(x * scale + shift), where x may be y. PReLU: y = x > 0 ? x : x * slope.
#define PITH_COMBINE_KERNELS(variant)                                                               \
  void add_f32_##variant(size_t count, const float *left, const float *right, float low,            \
                         float high, float *y);                                                     \
  void subtract_f32_##variant(size_t count, const float *left, const float *right, float low,       \
                              float high, float *y);                                                \
  void multiply_f32_##variant(size_t count, const float *left, const float *right, float low,       \
                              float high, float *y);                                                \
  void divide_f32_##variant(size_t count, const float *left, const float *right, float low,         \
                            float high, float *y);                                                  \
  void scale_f32_8_##variant(size_t pixels, const float *x, const float *scale, const float *shift, \
                             float low, float high, float *y);                                      \
  void prelu_f32_8_##variant(size_t pixels, const float *x, const float *slope, float *y)

#define PITH_BLOCKED_KERNELS(tile, variant) \
  PITH_MAP_KERNELS(variant);                \
  PITH_COMBINE_KERNELS(variant);            \
  PITH_PRODUCT_KERNELS(tile, variant);      \
  PITH_WINOGRAD_KERNELS(2x2, variant);      \
  PITH_WINOGRAD_KERNELS(4x4, variant);      \
  PITH_WINOGRAD_KERNELS(6x6, variant);      \
  PITH_WINDOW_KERNELS(variant);             \
  PITH_REORDER_KERNELS(variant);            \
  PITH_PACK_KERNELS(variant)

PITH_BLOCKED_KERNELS(2x16, portable);
#if defined(__x86_64__)
PITH_BLOCKED_KERNELS(6x16, avx2);
PITH_BLOCKED_KERNELS(28x16, avx512);
PITH_PANEL_WINDOW_KERNELS(avx512);
#endif
#if defined(__aarch64__)
PITH_BLOCKED_KERNELS(6x16, neon);
#endif

#endif
