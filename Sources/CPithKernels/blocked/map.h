// Included once for each instruction set, which defines NAME(base).
#include "functions.h"

// y[i] = function of x, a vector at a time.
#define MAP(expression)                                                          \
  size_t i = 0;                                                                  \
  _Pragma("clang loop unroll_count(2)") for (; i + LANES <= count; i += LANES) { \
    lanes value = load(x + i);                                                   \
    store(y + i, expression);                                                    \
  }                                                                              \
  if (i < count) {                                                               \
    lanes value = load_part(x + i, count - i, 0);                                \
    store_part(y + i, count - i, expression);                                    \
  }

void NAME(clip_f32)(size_t count, const float *x, float low, float high, float *y) {
  MAP(clamp(value, all(low), all(high)))
}

void NAME(leaky_relu_f32)(size_t count, const float *x, float slope, float *y) {
  MAP(choose(value > all(0), value, value * slope))
}

void NAME(elu_f32)(size_t count, const float *x, float alpha, float *y) {
  MAP(choose(value > all(0), value, alpha * expm1_of(value)))
}

void NAME(sigmoid_f32)(size_t count, const float *x, float *y) { MAP(sigmoid_of(value)) }

void NAME(hard_sigmoid_f32)(size_t count, const float *x, float slope, float offset, float *y) {
  MAP(hard_sigmoid_of(value, all(slope), all(offset)))
}

void NAME(hard_swish_f32)(size_t count, const float *x, float *y) {
  MAP(value * hard_sigmoid_of(value, all(1 / 6.0f), all(0.5f)))
}

void NAME(silu_f32)(size_t count, const float *x, float *y) { MAP(value / (1 + exp_of(-value))) }

void NAME(gelu_f32)(size_t count, const float *x, float *y) { MAP(gelu_of(value)) }

void NAME(approximate_gelu_f32)(size_t count, const float *x, float *y) {
  MAP(approximate_gelu_of(value))
}

void NAME(erf_f32)(size_t count, const float *x, float *y) { MAP(erf_of(value)) }

void NAME(tanh_f32)(size_t count, const float *x, float *y) { MAP(tanh_of(value)) }

// exp(x - max) / sum(exp(x - max)): the subtraction keeps it finite for logits of any size.
void NAME(softmax_f32)(size_t count, const float *x, float *y) {
  size_t whole = count - count % LANES, rest = count - whole;
  lanes greatest = load_part(x + whole, rest, -__builtin_inff());
  for (size_t i = 0; i < whole; i += LANES) {
    lanes value = load(x + i);
    greatest = choose(value > greatest, value, greatest);
  }
  float peak = -__builtin_inff();
  for (int c = 0; c < LANES; c++) peak = greatest[c] > peak ? greatest[c] : peak;

  lanes sums = all(0);
  for (size_t i = 0; i < whole; i += LANES) {
    lanes value = exp_of(load(x + i) - peak);
    store(y + i, value);
    sums += value;
  }
  if (rest > 0) {
    lanes value = exp_of(load_part(x + whole, rest, -__builtin_inff()) - peak);
    store_part(y + whole, rest, value);
    sums += load_part((const float *)&value, rest, 0);
  }
  float sum = 0;
  for (int c = 0; c < LANES; c++) sum += sums[c];
  for (size_t i = 0; i < whole; i += LANES) store(y + i, load(y + i) / sum);
  for (size_t i = whole; i < count; i++) y[i] = y[i] / sum;
}
