// Included once for each instruction set, which defines NAME(base).
#include <stdbool.h>

#include "functions.h"

// The derivative at `value`, which is the function's input or its output as the header says.
INLINE lanes derivative(const pith_derivative kind, lanes value, lanes parameter) {
  lanes zero = all(0), one = all(1);
  switch (kind) {
    case pith_leaky_relu_derivative: return choose(value > zero, one, parameter);
    case pith_elu_derivative: return choose(value > zero, one, parameter * exp_of(value));
    case pith_sigmoid_derivative: return value * (1 - value);
    case pith_hard_sigmoid_derivative:
      return choose((value > zero) & (value < one), parameter, zero);
    case pith_hard_swish_derivative:
      return choose(value > all(-3), choose(value < all(3), value * (1 / 3.0f) + 0.5f, one), zero);
    case pith_silu_derivative: {
      lanes s = sigmoid_of(value);
      return s * (1 + value * (1 - s));
    }
    case pith_gelu_derivative: {
      lanes z = value * 0x1.6a09e6p-1f;
      error_function e = error_function_of(z);
      lanes beyond = choose(z < zero, e.tail, 2 - e.tail);
      lanes share = 0.5f * choose(magnitude(z) > all(0.9f), beyond, 1 + e.near);
      return share + value * 0x1.988454p-2f * exp_of(-z * z);
    }
    case pith_approximate_gelu_derivative: {
      lanes square = value * value;
      lanes t = tanh_of(value * 0x1.988454p-1f * (1 + 0.044715f * square));
      lanes slope = 0x1.988454p-1f * (1 + 3 * 0.044715f * square);
      return 0.5f * (1 + t) + 0.5f * value * (1 - t * t) * slope;
    }
    case pith_erf_derivative: return 0x1.20dd76p0f * exp_of(-value * value);
    case pith_tanh_derivative: return 1 - value * value;
  }
  return zero;
}

// `kind` and `adds` are constants after inlining.
INLINE void map_gradient(const pith_derivative kind, const bool adds, size_t count,
                         const float *value, float parameter, const float *dy, const float *added,
                         float *dx) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    lanes result = derivative(kind, load(value + i), all(parameter)) * load(dy + i);
    store(dx + i, adds ? result + load(added + i) : result);
  }
  if (i < count) {
    size_t rest = count - i;
    lanes result = derivative(kind, load_part(value + i, rest, 0), all(parameter)) *
                   load_part(dy + i, rest, 0);
    store_part(dx + i, rest, adds ? result + load_part(added + i, rest, 0) : result);
  }
}

void NAME(map_gradient_f32)(pith_derivative kind, size_t count, const float *value,
                            float parameter, const float *dy, const float *added, float *dx) {
#define CASE(constant)                                                          \
  case constant:                                                                \
    if (added)                                                                  \
      map_gradient(constant, true, count, value, parameter, dy, added, dx);     \
    else                                                                        \
      map_gradient(constant, false, count, value, parameter, dy, added, dx);    \
    break
  switch (kind) {
    CASE(pith_leaky_relu_derivative);
    CASE(pith_elu_derivative);
    CASE(pith_sigmoid_derivative);
    CASE(pith_hard_sigmoid_derivative);
    CASE(pith_hard_swish_derivative);
    CASE(pith_silu_derivative);
    CASE(pith_gelu_derivative);
    CASE(pith_approximate_gelu_derivative);
    CASE(pith_erf_derivative);
    CASE(pith_tanh_derivative);
  }
#undef CASE
}
