// Functions of lanes, for the kernels that compute them and their derivatives.
//
// Coefficients: weighted minimax fits by Lawson's iteration (1961) on 4,000 Chebyshev nodes, rounded to binary32.
#ifndef PITH_FUNCTIONS_H
#define PITH_FUNCTIONS_H

#include <stddef.h>

// Lanes 0 to `count` - 1; the others are `fill`.
INLINE lanes load_part(const float *from, size_t count, float fill) {
  lanes value = all(fill);
  size_t i = 0;
#if LANES > 8
  if (count >= 8) __builtin_memcpy(&value, from, 32), i = 8;
#endif
  for (; i < count; i++) value[i] = from[i];
  return value;
}

INLINE void store_part(float *to, size_t count, lanes value) {
  size_t i = 0;
#if LANES > 8
  if (count >= 8) __builtin_memcpy(to, &value, 32), i = 8;
#endif
  for (; i < count; i++) to[i] = value[i];
}

INLINE lanes magnitude(lanes x) { return (lanes)((mask)x & 0x7fffffff); }
INLINE lanes with_sign_of(lanes x, lanes value) {
  return (lanes)((mask)value | ((mask)x & (mask)all(-0.0f)));
}

// e^x = (1 + fraction) * scale. Scale is 0 below -87.7 and infinite above 88.37, and NaN makes the fraction NaN.
typedef struct {
  lanes scale, fraction;
} exponential;

// Range reduction by Cody and Waite (1980): the product with the upper part of ln 2, 15 bits, is exact.
INLINE exponential exponential_of(lanes x) {
  // At 89 the fraction is positive; just above 88.37 it is negative while the scale is infinite already.
  x = choose(x > all(88.37f), all(89), clamp(x, all(-88), all(89)));
  lanes shift = all(0x1.8p23f);
  lanes shifted = x * 0x1.715476p0f + shift;
  lanes n = shifted - shift;
  lanes r = x - n * 0x1.62e4p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  lanes p = all(0x1.6d995cp-10f);
  p = p * r + 0x1.122838p-7f;
  p = p * r + 0x1.555486p-5f;
  p = p * r + 0x1.5554b0p-3f;
  p = p * r + 0.5f;
  // n is in the lowest bits of `shifted`: the shift drops those of the constant.
  exponential result = {(lanes)(((mask)shifted << 23) + 0x3f800000), r + r * r * p};
  return result;
}

INLINE lanes exp_of(lanes x) {
  exponential e = exponential_of(x);
  return e.scale + e.scale * e.fraction;
}

// e^x - 1, exact near 0; infinite above 88.37.
INLINE lanes expm1_of(lanes x) {
  exponential e = exponential_of(x);
  return (e.scale - 1) + e.scale * e.fraction;
}

INLINE lanes sigmoid_of(lanes x) { return 1 / (1 + exp_of(-x)); }

INLINE lanes tanh_of(lanes x) {
  lanes e = expm1_of(clamp(2 * magnitude(x), all(0), all(20)));
  return with_sign_of(x, e / (e + 2));
}

// erf(x) is `near` up to |x| = 0.9 and sign(x) * (1 - tail) beyond.
typedef struct {
  lanes near, tail;
} error_function;

INLINE error_function error_function_of(lanes x) {
  // Both polynomials by Estrin's scheme: half as many steps wait for one another.
  lanes z = x * x, zz = z * z;
  lanes p = (0x1.06eba6p-3f - z * 0x1.8126fap-2f) + zz * (0x1.ce1dd2p-4f - z * 0x1.b6bee4p-6f) +
            zz * zz * (0x1.4876cap-8f - z * 0x1.3f4f76p-11f);
  // -log(1 - erf(a)), as exact as its exponential needs it.
  lanes a = clamp(magnitude(x), all(0), all(10)), aa = a * a;
  lanes lower = (a * 0x1.212850p0f - 0x1.708e5ep-13f) + aa * (a * 0x1.bb99c4p-4f + 0x1.4443f4p-1f);
  lanes upper =
      (a * 0x1.11cc3cp-8f - 0x1.9bd012p-6f) + aa * (a * 0x1.646fdcp-16f - 0x1.c93594p-12f);
  lanes q = lower + aa * aa * upper;
  error_function result = {x + x * p, exp_of(-q)};
  return result;
}

INLINE lanes erf_of(lanes x) {
  error_function e = error_function_of(x);
  return choose(magnitude(x) > all(0.9f), with_sign_of(x, 1 - e.tail), e.near);
}

// 1 + erf of what is far below 0 is the tail: nothing cancels.
INLINE lanes gelu_of(lanes x) {
  lanes z = x * 0x1.6a09e6p-1f;
  error_function e = error_function_of(z);
  lanes beyond = choose(z < all(0), e.tail, 2 - e.tail);
  return 0.5f * x * choose(magnitude(z) > all(0.9f), beyond, 1 + e.near);
}

// x / 2 * (1 + tanh(y)) = x * sigmoid(2 y).
INLINE lanes approximate_gelu_of(lanes x) {
  lanes y = x * 0x1.988454p-1f * (1 + 0.044715f * (x * x));
  return x / (1 + exp_of(-2 * y));
}

INLINE lanes hard_sigmoid_of(lanes x, lanes slope, lanes offset) {
  return clamp(x * slope + offset, all(0), all(1));
}

#endif
