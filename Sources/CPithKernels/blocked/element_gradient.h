// Included once for each instruction set, which defines NAME(base).
#include <stdbool.h>

// Pixel p is in chain p % 4, so that no sum waits for its neighbour.
#define CHAINS 4

INLINE lanes total(const lanes chains[CHAINS]) {
  return (chains[0] + chains[1]) + (chains[2] + chains[3]);
}

void NAME(moments_f32_8)(size_t pixels, const float *x, float *mean, float *squares) {
  lanes sums[CHAINS] = {all(0), all(0), all(0), all(0)};
  size_t p = 0;
  for (; p + CHAINS <= pixels; p += CHAINS)
    UNROLL for (size_t c = 0; c < CHAINS; c++) sums[c] += load(x + 8 * (p + c));
  for (; p < pixels; p++) sums[0] += load(x + 8 * p);
  lanes middle = total(sums) / (float)pixels;
  store(mean, middle);

  lanes distances[CHAINS] = {all(0), all(0), all(0), all(0)};
  for (p = 0; p + CHAINS <= pixels; p += CHAINS)
    UNROLL for (size_t c = 0; c < CHAINS; c++) {
      lanes distance = load(x + 8 * (p + c)) - middle;
      distances[c] += distance * distance;
    }
  for (; p < pixels; p++) {
    lanes distance = load(x + 8 * p) - middle;
    distances[0] += distance * distance;
  }
  store(squares, total(distances));
}

// The gradient by the value before the clamp.
INLINE lanes unclamped(lanes value, lanes low, lanes high, lanes dy) {
  return choose((value > low) & (value < high), dy, all(0));
}

void NAME(normalization_sums_f32_8)(size_t pixels, const pith_normalization *norm, const float *x,
                                    const float *dy, float *sums) {
  lanes scale = load(norm->scale), shift = load(norm->shift), mean = load(norm->mean);
  lanes low = all(norm->low), high = all(norm->high);
  lanes plain[CHAINS] = {all(0), all(0), all(0), all(0)};
  lanes centred[CHAINS] = {all(0), all(0), all(0), all(0)};
#define ADD(chain, pixel)                                                                  \
  lanes value = load(x + 8 * (pixel));                                                     \
  lanes gradient = unclamped(value * scale + shift, low, high, load(dy + 8 * (pixel)));    \
  plain[chain] += gradient;                                                                \
  centred[chain] += gradient * (value - mean)
  size_t p = 0;
  for (; p + CHAINS <= pixels; p += CHAINS)
    UNROLL for (size_t c = 0; c < CHAINS; c++) { ADD(c, p + c); }
  for (; p < pixels; p++) { ADD(0, p); }
#undef ADD
  store(sums, total(plain));
  store(sums + 8, total(centred));
}

INLINE void normalization_gradient(const bool adds, size_t pixels, const pith_normalization *norm,
                                   const pith_normalization_gradient *gradient, const float *x,
                                   const float *dy, const float *added, float *dx) {
  lanes scale = load(norm->scale), shift = load(norm->shift);
  lanes low = all(norm->low), high = all(norm->high);
  lanes factor = load(gradient->factor), slope = load(gradient->slope);
  lanes offset = load(gradient->offset);
#pragma clang loop unroll_count(4)
  for (size_t i = 0; i < 8 * pixels; i += 8) {
    lanes value = load(x + i);
    lanes result = unclamped(value * scale + shift, low, high, load(dy + i)) * factor +
                   (value * slope + offset);
    store(dx + i, adds ? result + load(added + i) : result);
  }
}

void NAME(normalization_gradient_f32_8)(size_t pixels, const pith_normalization *norm,
                                        const pith_normalization_gradient *gradient,
                                        const float *x, const float *dy, const float *added,
                                        float *dx) {
  if (added)
    normalization_gradient(true, pixels, norm, gradient, x, dy, added, dx);
  else
    normalization_gradient(false, pixels, norm, gradient, x, dy, added, dx);
}

INLINE void clip_gradient(const bool adds, size_t count, const float *y, float low, float high,
                          const float *dy, const float *added, float *dx) {
  size_t i = 0;
#pragma clang loop unroll_count(4)
  for (; i + 8 <= count; i += 8) {
    lanes result = unclamped(load(y + i), all(low), all(high), load(dy + i));
    store(dx + i, adds ? result + load(added + i) : result);
  }
  for (; i < count; i++) {
    float result = y[i] > low && y[i] < high ? dy[i] : 0;
    dx[i] = adds ? result + added[i] : result;
  }
}

void NAME(clip_gradient_f32)(size_t count, const float *y, float low, float high, const float *dy,
                             const float *added, float *dx) {
  if (added)
    clip_gradient(true, count, y, low, high, dy, added, dx);
  else
    clip_gradient(false, count, y, low, high, dy, added, dx);
}
