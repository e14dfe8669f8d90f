// Lanes of binary32 as the compiler's own vectors: one source for every instruction set. Eight, a block of channels, unless LANES
// says sixteen.
#ifndef PITH_LANES_H
#define PITH_LANES_H

#ifndef LANES
#define LANES 8
#endif

#include <stddef.h>

// Every function that takes or gives vectors is inlined, so no call depends on how they are passed.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int mask __attribute__((vector_size(4 * LANES), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE lanes load(const float *from) { return *(const lanes *)from; }
INLINE void store(float *to, lanes value) { *(lanes *)to = value; }
// One or two blocks of a pixel's channels, `block_stride` from one to the next.
INLINE lanes load_pixel(const float *from, ptrdiff_t block_stride) {
#if LANES == 8
  (void)block_stride;
  return load(from);
#else
  lanes value;
  __builtin_memcpy(&value, from, 32);
  __builtin_memcpy((char *)&value + 32, from + block_stride, 32);
  return value;
#endif
}
INLINE void store_pixel(float *to, ptrdiff_t block_stride, lanes value) {
#if LANES == 8
  (void)block_stride;
  store(to, value);
#else
  __builtin_memcpy(to, &value, 32);
  __builtin_memcpy(to + block_stride, (const char *)&value + 32, 32);
#endif
}
INLINE lanes all(float value) {
  lanes result;
  UNROLL for (int lane = 0; lane < LANES; lane++) result[lane] = value;
  return result;
}
INLINE lanes choose(mask condition, lanes yes, lanes no) {
  return (lanes)((condition & (mask)yes) | (~condition & (mask)no));
}
// NaN stays NaN: no comparison with it holds.
INLINE lanes clamp(lanes value, lanes low, lanes high) {
  value = choose(value < low, low, value);
  return choose(value > high, high, value);
}

#endif
