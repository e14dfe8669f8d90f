// Runs every kernel of one instruction set on the same seeded numbers and writes what it computes, or compares that with what
// another instruction set wrote: kernels write FILE, kernels compare FILE. Compiled with VARIANT, the end of the kernels'
// names, PRODUCT_TILE, that of their products, and CRC32.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pith_kernels.h"

#define JOIN(base, variant) base##_##variant
#define EXPAND(base, variant) JOIN(base, variant)
#define KERNEL(base) EXPAND(base, VARIANT)
#define PRODUCT(base) EXPAND(EXPAND(base, PRODUCT_TILE), VARIANT)

static FILE *file;
static bool compares;
static long cases, values, differences;
static uint64_t state = 1;

static float number(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(state >> 32) * 0x1p-31f;
}

// Memory up to a page that nobody may touch.
enum { page = 65536, most_buffers = 64 };
static struct { void *start; size_t size; } buffers[most_buffers];
static int buffer_count;

static float *room(size_t count) {
  size_t bytes = count * sizeof(float), size = (bytes + page - 1) / page * page + page;
  char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || buffer_count == most_buffers) exit(4);
  mprotect(start + size - page, page, PROT_NONE);
  buffers[buffer_count].start = start;
  buffers[buffer_count++].size = size;
  float *memory = (float *)(start + size - page - bytes);
  for (size_t i = 0; i < count; i++) memory[i] = 77;
  return memory;
}

static float *numbers(size_t count) {
  float *memory = room(count);
  for (size_t i = 0; i < count; i++) memory[i] = number();
  return memory;
}

// The end of a case: its results are written or compared, its memory is given back.
static void finish(const char *name, const float *results, size_t count) {
  cases++;
  values += (long)count;
  if (!compares) {
    fwrite(results, sizeof(float), count, file);
  } else {
    for (size_t i = 0; i < count; i++) {
      float expected, found = results[i];
      if (fread(&expected, sizeof expected, 1, file) != 1) exit(4);
      bool same = found == expected || (isnan(found) && isnan(expected)) ||
                  fabsf(found - expected) <= 1e-5f * fmaxf(1, fabsf(expected));
      if (!same && differences++ < 20)
        printf("%s, case %ld: value %zu is %g, not %g\n", name, cases, i, found, expected);
    }
  }
  while (buffer_count > 0) {
    buffer_count--;
    munmap(buffers[buffer_count].start, buffers[buffer_count].size);
  }
}

#define PLAIN(base) \
  static void run_##base(size_t n, const float *x, float *y) { KERNEL(base)(n, x, y); }
PLAIN(sigmoid_f32) PLAIN(hard_swish_f32) PLAIN(silu_f32) PLAIN(gelu_f32) PLAIN(approximate_gelu_f32)
PLAIN(erf_f32) PLAIN(tanh_f32)
static void run_clip(size_t n, const float *x, float *y) { KERNEL(clip_f32)(n, x, -0.5f, 0.75f, y); }
static void run_leaky(size_t n, const float *x, float *y) { KERNEL(leaky_relu_f32)(n, x, 0.2f, y); }
static void run_elu(size_t n, const float *x, float *y) { KERNEL(elu_f32)(n, x, 1.5f, y); }
static void run_hard(size_t n, const float *x, float *y) {
  KERNEL(hard_sigmoid_f32)(n, x, 0.2f, 0.5f, y);
}

static void maps(void) {
  static const struct {
    const char *name;
    void (*run)(size_t, const float *, float *);
  } functions[] = {
      {"sigmoid", run_sigmoid_f32}, {"hard swish", run_hard_swish_f32}, {"silu", run_silu_f32},
      {"gelu", run_gelu_f32},       {"approximate gelu", run_approximate_gelu_f32},
      {"erf", run_erf_f32},         {"tanh", run_tanh_f32}, {"clip", run_clip},
      {"leaky relu", run_leaky},    {"elu", run_elu}, {"hard sigmoid", run_hard}};
  static const float special[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, 3e38f, -3e38f};
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
    for (size_t count = 0; count < 4000; count += count < 40 ? 1 : 1321) {
      float *x = numbers(count), *y = room(count);
      for (size_t i = 0; i < count; i++) x[i] *= i % 3 == 0 ? 100 : i % 3 == 1 ? 8 : 1;
      for (size_t i = 0; count > 20 && i < 8; i++) x[i + 5] = special[i];
      functions[f].run(count, x, y);
      finish(functions[f].name, y, count);
    }
  }
  for (size_t count = 1; count < 70; count++) {
    float *x = numbers(count), *y = room(count);
    for (size_t i = 0; i < count; i++) x[i] *= 20;
    KERNEL(softmax_f32)(count, x, y);
    finish("softmax", y, count);
  }
}

static void combinations(void) {
  for (size_t count = 0; count < 70; count++) {
    for (int bounded = 0; bounded < 2; bounded++) {
      const float low = bounded ? -0.6f : -INFINITY, high = bounded ? 0.7f : INFINITY;
      float *a = numbers(count), *b = numbers(count), *y = room(4 * count);
      if (count > 9) a[9] = NAN;
      KERNEL(add_f32)(count, a, b, low, high, y);
      KERNEL(subtract_f32)(count, a, b, low, high, y + count);
      KERNEL(multiply_f32)(count, a, b, low, high, y + 2 * count);
      for (size_t i = 0; i < count; i++) b[i] += b[i] < 0 ? -0.5f : 0.5f;
      KERNEL(divide_f32)(count, a, b, low, high, y + 3 * count);
      finish("combine", y, 4 * count);
    }
  }
  for (size_t pixels = 0; pixels < 30; pixels++) {
    float *x = numbers(8 * pixels), *scale = numbers(8), *shift = numbers(8), *y = room(16 * pixels);
    KERNEL(scale_f32_8)(pixels, x, scale, shift, -0.6f, 0.7f, y);
    KERNEL(prelu_f32_8)(pixels, x, scale, y + 8 * pixels);
    finish("scale and prelu", y, 16 * pixels);
  }
}

static void product(bool planar, size_t pixels, size_t outputs, size_t blocks, size_t taps,
                    ptrdiff_t step, bool extras) {
  const size_t lines = planar ? 1 : 8, row = pixels * (size_t)step + taps * lines + 8;
  ptrdiff_t offsets[9];
  for (size_t t = 0; t < taps; t++) offsets[t] = (ptrdiff_t)(t * lines);
  float *x = numbers(blocks * row), *weights = numbers(blocks * taps * lines * outputs * 8);
  const size_t out_block = 8 * pixels + 8, count = outputs * out_block;
  float *residual = numbers(count), *bias = numbers(8 * outputs), *y = room(count);
  pith_product_input input = {offsets, taps, blocks, (ptrdiff_t)row, step, 0, 0, NULL, 0};
  pith_product_output shape = {extras ? bias : NULL, extras ? residual : NULL, (ptrdiff_t)out_block, 8,
                               extras ? -0.8f : -INFINITY, extras ? 0.9f : INFINITY};
  (planar ? PRODUCT(product_planar_f32) : PRODUCT(product_f32))(outputs, pixels, &input, x, weights,
                                                                &shape, y);
  finish(planar ? "planar product" : "product", y, count);
}

static void products(void) {
  for (size_t pixels = 0; pixels < 33; pixels++)
    for (size_t outputs = 1; outputs <= 2; outputs++)
      for (int extras = 0; extras < 2; extras++) {
        product(false, pixels, outputs, 1 + pixels % 3, 1, 8, extras);
        product(false, pixels, outputs, 2, 9, 8, extras);
        product(false, pixels, outputs, 2, 3, 16, extras);
        product(true, pixels, outputs, 1, 9, 1, extras);
        product(true, pixels, outputs, 1, 7, 2, extras);
      }
}

typedef void (*winograd_input)(const pith_winograd_input *, const float *, float *, ptrdiff_t);
typedef void (*winograd_output)(const pith_winograd_output *, const float *, ptrdiff_t, const float *,
                                float *);

static void transforms(const char *name, int size, winograd_input input, int m,
                       winograd_output output) {
  const ptrdiff_t width = size + 3, stride = 24;
  for (ptrdiff_t first = 0; first < 3; first++)
    for (ptrdiff_t end = first; end <= size; end++) {
      float *x = numbers((size_t)(size * width * 8)), *y = room((size_t)((m + 2) * (m + 2) * stride));
      pith_winograd_input shape = {width * 8, first, end, first / 2, end};
      input(&shape, x, y, stride);
      finish(name, y, (size_t)((m + 2) * (m + 2) * stride));
    }
  for (ptrdiff_t rows = 1; output && rows <= m; rows++)
    for (ptrdiff_t columns = 1; columns <= m; columns++) {
      float *positions = numbers((size_t)((m + 2) * (m + 2) * stride)), *bias = numbers(8);
      float *residual = numbers((size_t)(m * width * 8)), *y = room((size_t)(m * width * 8));
      pith_winograd_output shape = {rows % 2 ? residual : NULL, width * 8, rows, columns, -30, 20};
      output(&shape, positions, stride, bias, y);
      finish(name, y, (size_t)(m * width * 8));
    }
}

static void window(ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t dilation, ptrdiff_t padding,
                   ptrdiff_t height, ptrdiff_t width) {
  const ptrdiff_t reach = (kernel - 1) * dilation + 1;
  if (height + 2 * padding < reach || width + 2 * padding < reach) return;
  pith_sliding_window shape = {height, width, kernel, kernel, stride, stride, dilation, dilation,
                               padding, padding, padding, padding, (height + 2 * padding - reach) / stride + 1,
                               (width + 2 * padding - reach) / stride + 1};
  const size_t count = (size_t)(8 * shape.output_height * shape.output_width);
  const size_t inputs = (size_t)(8 * height * width);
  float *x = numbers(inputs), *weights = numbers((size_t)(8 * kernel * kernel));
  float *bias = numbers(8), *residual = numbers(count), *dy = numbers(count);
  const size_t taps = (size_t)(8 * kernel * kernel);
  float *y = room(5 * count + 4 * inputs + taps), *dx = y + 5 * count, *sums = dx + 4 * inputs;
  const ptrdiff_t end = shape.output_height;
  KERNEL(depthwise_f32_8)(&shape, 0, end, x, weights, NULL, NULL, -INFINITY, INFINITY, y);
  KERNEL(depthwise_f32_8)(&shape, 0, end, x, weights, bias, residual, -0.8f, 0.9f, y + count);
  KERNEL(max_pool_f32_8)(&shape, 0, end, x, y + 2 * count);
  KERNEL(average_pool_f32_8)(&shape, 0, end, x, 0, y + 3 * count);
  KERNEL(average_pool_f32_8)(&shape, 0, end, x, 1, y + 4 * count);
  for (size_t i = 0; i < 4 * inputs + taps; i++) dx[i] = 0;
  KERNEL(max_pool_gradient_f32_8)(&shape, x, dy, dx);
  KERNEL(average_pool_gradient_f32_8)(&shape, 0, dy, dx + inputs);
  KERNEL(average_pool_gradient_f32_8)(&shape, 1, dy, dx + 2 * inputs);
  KERNEL(depthwise_input_gradient_f32_8)(&shape, dy, weights, dx + 3 * inputs);
  KERNEL(depthwise_weight_gradient_f32_8)(&shape, x, dy, sums);
  finish("window", y, 5 * count + 4 * inputs + taps);
}

// Windows that lie side by side; what is left over at the end belongs to none.
static void tile(ptrdiff_t kernel, ptrdiff_t height, ptrdiff_t width) {
  pith_sliding_window shape = {height, width, kernel, kernel, kernel, kernel, 1, 1,
                               0, 0, 0, 0, height / kernel, width / kernel};
  const size_t inputs = (size_t)(8 * height * width);
  float *x = numbers(inputs), *dx = room(inputs);
  float *dy = numbers((size_t)(8 * shape.output_height * shape.output_width));
  KERNEL(max_pool_tile_gradient_f32_8)(&shape, x, dy, dx);
  finish("tiles of a maximum", dx, inputs);
}

static void windows(void) {
  for (ptrdiff_t kernel = 1; kernel <= 7; kernel += 2)
    for (ptrdiff_t stride = 1; stride <= 3; stride++)
      for (ptrdiff_t dilation = 1; dilation <= 2; dilation++)
        for (ptrdiff_t width = 1; width < 24; width += width < 18 ? 1 : 5)
          window(kernel, stride, dilation, kernel / 2, 1 + width % 9, width);
  for (ptrdiff_t kernel = 1; kernel <= 4; kernel++)
    for (ptrdiff_t width = kernel; width < 20; width++) tile(kernel, kernel + width % 5, width);
  for (size_t pixels = 1; pixels < 50; pixels++) {
    float *x = numbers(8 * pixels), *y = room(16);
    KERNEL(global_average_f32_8)(pixels, x, y);
    KERNEL(global_max_f32_8)(pixels, x, y + 8);
    finish("global pools", y, 16);
  }
}

static void layouts(void) {
  for (size_t channels = 1; channels < 20; channels++)
    for (size_t pixels = 1; pixels < 20; pixels++) {
      const size_t blocks = (channels + 7) / 8 * 8 * pixels, planes = channels * pixels;
      float *x = numbers(planes), *y = room(blocks + planes);
      KERNEL(to_blocks_f32_8)(channels, pixels, x, y);
      KERNEL(from_blocks_f32_8)(channels, pixels, y, y + blocks);
      finish("reorder", y, blocks + planes);
    }
  for (size_t outputs = 1; outputs <= 2; outputs++)
    for (size_t rows = 1; rows <= 8 * outputs; rows += 3)
      for (size_t channels = 1; channels < 20; channels++)
        for (size_t taps = 1; taps <= 9; taps += 4) {
          const size_t depth = (channels + 7) / 8 * 8 * taps, count = depth * outputs * 8;
          double scales[16], matrix[24];
          for (int i = 0; i < 16; i++) scales[i] = number();
          for (int i = 0; i < 24; i++) matrix[i] = number();
          float *x = numbers(rows * channels * taps), *y = room(2 * count);
          pith_weight_rows weights = {x, (ptrdiff_t)(channels * taps), rows, channels, taps, NULL};
          KERNEL(pack_f32_8)(&weights, outputs, depth, y);
          weights.scales = scales;
          KERNEL(pack_f32_8)(&weights, outputs, depth, y + count);
          finish("pack", y, 2 * count);
          if (taps != 9) continue;
          for (size_t size = 4; size <= 8; size += 2) {
            const size_t panel = depth / 9 * outputs * 8, stride = panel + 16;
            float *g = numbers(rows * channels * 9), *panels = room(size * size * stride);
            pith_weight_rows kernels = {g, (ptrdiff_t)(channels * 9), rows, channels, 9, scales};
            KERNEL(pack_winograd_f32_8)(&kernels, outputs, depth / 9, size, matrix, panels,
                                        (ptrdiff_t)stride);
            finish("pack for Winograd", panels, size * size * stride);
          }
        }
}

static void gradients(void) {
  for (size_t outputs = 1; outputs <= 2; outputs++)
    for (size_t rows = 1; rows < 5; rows++)
      for (size_t columns = 1; columns < 12; columns++)
        for (size_t taps = 1; taps <= 9; taps += 2) {
          const size_t width = columns + 2, count = taps * 64 * outputs;
          ptrdiff_t offsets[9];
          for (size_t t = 0; t < taps; t++) offsets[t] = (ptrdiff_t)((t / 3 * width + t % 3) * 8);
          float *x = numbers((rows + 2) * width * 8), *dy = numbers(outputs * rows * columns * 8);
          float *sums = numbers(count);
          pith_gradient_pixels shape = {rows, columns, (ptrdiff_t)(rows * columns * 8),
                                        (ptrdiff_t)(columns * 8), (ptrdiff_t)(width * 8), 8, offsets, taps};
          KERNEL(weight_gradient_f32_8)(outputs, &shape, x, dy, sums);
          finish("weight gradient", sums, count);
        }
  transforms("Winograd gradient", 4, KERNEL(winograd_gradient_f32_4x4), 4, NULL);
  for (size_t count = 1; count < 5; count++) {
    float *positions = numbers(count * 36 * 24), *taps = room(72);
    KERNEL(winograd_weight_gradient_f32_4x4)(count, 36 * 24, positions, 24, taps);
    finish("Winograd weight gradient", taps, 72);
  }
  for (size_t pixels = 1; pixels < 40; pixels++) {
    const size_t count = 8 * pixels;
    float *x = numbers(count), *dy = numbers(count), *added = numbers(count), *of = numbers(48);
    float *y = room(32 + 4 * count);
    pith_normalization norm = {of, of + 8, of + 16, -0.4f, 0.5f};
    pith_normalization_gradient factors = {of + 24, of + 32, of + 40};
    KERNEL(moments_f32_8)(pixels, x, y, y + 8);
    KERNEL(normalization_sums_f32_8)(pixels, &norm, x, dy, y + 16);
    KERNEL(normalization_gradient_f32_8)(pixels, &norm, &factors, x, dy, NULL, y + 32);
    KERNEL(normalization_gradient_f32_8)(pixels, &norm, &factors, x, dy, added, y + 32 + count);
    KERNEL(clip_gradient_f32)(count, x, -0.4f, 0.5f, dy, NULL, y + 32 + 2 * count);
    KERNEL(clip_gradient_f32)(count, x, -0.4f, 0.5f, dy, added, y + 32 + 3 * count);
    finish("normalization and clip gradients", y, 32 + 4 * count);
  }
}

static void derivatives(void) {
  for (int kind = pith_leaky_relu_derivative; kind <= pith_tanh_derivative; kind++)
    for (size_t count = 1; count < 70; count++) {
      float *x = numbers(count), *dy = numbers(count), *added = numbers(count), *y = room(2 * count);
      // Leaky ReLU, sigmoid, hard sigmoid and tanh are told their outputs.
      const bool is_output = kind == pith_sigmoid_derivative || kind == pith_hard_sigmoid_derivative ||
                            kind == pith_tanh_derivative;
      for (size_t i = 0; i < count; i++) x[i] = is_output ? fabsf(x[i]) : 6 * x[i];
      KERNEL(map_gradient_f32)((pith_derivative)kind, count, x, 0.3f, dy, NULL, y);
      KERNEL(map_gradient_f32)((pith_derivative)kind, count, x, 0.3f, dy, added, y + count);
      finish("derivatives", y, 2 * count);
    }
}

static void checksums(void) {
  for (size_t count = 0; count < 300; count++) {
    uint8_t bytes[320];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(number() * 128);
    uint32_t crc = CRC32((uint32_t)count, bytes + count % 9, count);
    float *y = room(2);
    y[0] = (float)(crc >> 16);
    y[1] = (float)(crc & 0xFFFF);
    finish("CRC-32", y, 2);
  }
  float *y = room(1);
  y[0] = KERNEL(peak_f32)(100, 0.5f, 3);
  finish("peak", y, 1);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  compares = strcmp(arguments[1], "compare") == 0;
  file = fopen(arguments[2], compares ? "rb" : "wb");
  if (!file) return 4;
  maps();
  combinations();
  products();
  transforms("Winograd 2x2", 4, KERNEL(winograd_input_f32_2x2), 2, KERNEL(winograd_output_f32_2x2));
  transforms("Winograd 4x4", 6, KERNEL(winograd_input_f32_4x4), 4, KERNEL(winograd_output_f32_4x4));
  transforms("Winograd 6x6", 8, KERNEL(winograd_input_f32_6x6), 6, KERNEL(winograd_output_f32_6x6));
  windows();
  layouts();
  gradients();
  derivatives();
  checksums();
  if (compares && fgetc(file) != EOF) differences++;
  if (fclose(file) != 0) return 4;
  if (compares) printf("%ld cases, %ld values, %ld differences\n", cases, values, differences);
  return differences != 0;
}
