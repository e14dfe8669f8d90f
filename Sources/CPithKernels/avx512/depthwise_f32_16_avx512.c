#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang fp contract(fast)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#define PIXELS 7
#define LANES 16
#include "../blocked/lanes.h"

#include "../blocked/window_row.h"

void depthwise_f32_16_avx512(const pith_sliding_window *window, ptrdiff_t first_row,
                             ptrdiff_t end_row, const float *x, const float *weights,
                             const float *bias, const float *residual, float low, float high,
                             float *output, ptrdiff_t block_stride) {
  // [taps][2][8], from [2][taps][8].
  _Alignas(64) float of_both[LANES * pith_depthwise_16_taps];
  const ptrdiff_t taps = window->kernel_height * window->kernel_width;
  for (ptrdiff_t tap = 0; tap < taps; tap++)
    store(of_both + LANES * tap, load_pixel(weights + 8 * tap, 8 * taps));
  window_row row = {.window = window, .x = x, .weights = of_both, .bias = bias,
                    .residual = residual, .low = low, .high = high, .output = output,
                    .block_stride = block_stride};
  window_rows(weighted_sum, row, first_row, end_row);
}
#pragma clang attribute pop
#endif
