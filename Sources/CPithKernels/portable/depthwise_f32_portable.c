#include "../depthwise_rows.h"

void depthwise_f32_portable(const pith_window *window, const float *plane, const float *weights,
                            float bias, const float *residual, float low, float high,
                            float *scratch, float *output) {
  depthwise_rows(window, plane, weights, bias, residual, low, high, scratch, output);
}
