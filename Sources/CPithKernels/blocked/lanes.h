// Eight lanes of binary32 as the compiler's own vectors: one source for every instruction set.
#ifndef PITH_LANES_H
#define PITH_LANES_H

// Every function that takes or gives vectors is inlined, so no call depends on how they are passed.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((vector_size(32), aligned(4)));
typedef int mask __attribute__((vector_size(32), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE lanes load(const float *from) { return *(const lanes *)from; }
INLINE void store(float *to, lanes value) { *(lanes *)to = value; }
INLINE lanes all(float value) {
  return (lanes){value, value, value, value, value, value, value, value};
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
