// Included once for each instruction set, which defines NAME(base).
#include <stddef.h>

#define COMBINE(operator)                                                        \
  size_t i = 0;                                                                  \
  _Pragma("clang loop unroll_count(4)") for (; i + 8 <= count; i += 8) {         \
    lanes value = load(left + i) operator load(right + i);                       \
    store(y + i, clamp(value, all(low), all(high)));                             \
  }                                                                              \
  for (; i < count; i++) {                                                       \
    float value = left[i] operator right[i];                                     \
    y[i] = value < low ? low : value > high ? high : value;                      \
  }

#define COMBINE_KERNEL(base)                                                                   \
  void NAME(base)(size_t count, const float *left, const float *right, float low, float high, \
                  float *y)

COMBINE_KERNEL(add_f32) { COMBINE(+) }
COMBINE_KERNEL(subtract_f32) { COMBINE(-) }
COMBINE_KERNEL(multiply_f32) { COMBINE(*) }
COMBINE_KERNEL(divide_f32) { COMBINE(/) }

void NAME(scale_f32_8)(size_t pixels, const float *x, const float *scale, const float *shift,
                       float low, float high, float *y) {
  lanes factor = load(scale), term = load(shift), least = all(low), most = all(high);
#pragma clang loop unroll_count(4)
  for (size_t i = 0; i < 8 * pixels; i += 8)
    store(y + i, clamp(load(x + i) * factor + term, least, most));
}

void NAME(prelu_f32_8)(size_t pixels, const float *x, const float *slope, float *y) {
  lanes factor = load(slope);
#pragma clang loop unroll_count(4)
  for (size_t i = 0; i < 8 * pixels; i += 8) {
    lanes value = load(x + i);
    store(y + i, choose(value > all(0), value, value * factor));
  }
}
