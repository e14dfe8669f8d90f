#include "../depthwise_rows.h"

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void depthwise_f32_avx2(
    const pith_window *window, const float *plane, const float *weights, float bias,
    const float *residual, float low, float high, float *scratch, float *output) {
  depthwise_rows(window, plane, weights, bias, residual, low, high, scratch, output);
}
#endif
