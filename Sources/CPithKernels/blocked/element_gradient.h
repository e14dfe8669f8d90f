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

// Taps of one dimension that lie inside of an image.
typedef struct {
  ptrdiff_t first, end;
} gradient_taps;

INLINE gradient_taps gradient_taps_inside(ptrdiff_t start, ptrdiff_t count, ptrdiff_t step,
                                          ptrdiff_t size) {
  gradient_taps taps = {start < 0 ? (-start + step - 1) / step : 0, count};
  while (taps.end > taps.first && start + (taps.end - 1) * step >= size) taps.end--;
  return taps;
}

void NAME(max_pool_gradient_f32_8)(const pith_sliding_window *window, const float *x,
                                   const float *dy, float *dx) {
  for (ptrdiff_t p = 0; p < window->output_height; p++) {
    ptrdiff_t top = p * window->stride_y - window->top;
    gradient_taps rows =
        gradient_taps_inside(top, window->kernel_height, window->dilation_y, window->height);
    for (ptrdiff_t q = 0; q < window->output_width; q++, dy += 8) {
      ptrdiff_t left = q * window->stride_x - window->left;
      gradient_taps columns =
          gradient_taps_inside(left, window->kernel_width, window->dilation_x, window->width);
      lanes greatest = all(-__builtin_inff());
      mask winner = (mask)all(0) - 1;
      int tap = 0;
      for (ptrdiff_t r = rows.first; r < rows.end; r++)
        for (ptrdiff_t s = columns.first; s < columns.end; s++, tap++) {
          ptrdiff_t place = (top + r * window->dilation_y) * window->width + left + s * window->dilation_x;
          lanes value = load(x + 8 * place);
          mask better = (value > greatest) | (value != value) | (winner < 0);
          greatest = choose(better, value, greatest);
          winner = (better & tap) | (~better & winner);
        }
      lanes gradient = load(dy);
      tap = 0;
      for (ptrdiff_t r = rows.first; r < rows.end; r++)
        for (ptrdiff_t s = columns.first; s < columns.end; s++, tap++) {
          ptrdiff_t place = (top + r * window->dilation_y) * window->width + left + s * window->dilation_x;
          store(dx + 8 * place, load(dx + 8 * place) + choose(winner == tap, gradient, all(0)));
        }
    }
  }
}
