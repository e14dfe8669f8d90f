#include "../window_taps.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { tile_columns = 16 };

#define AVX2 __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

// Columns of a panel that lie in one output row: with a horizontal stride of 1 their inputs are neighbours.
typedef struct {
  int32_t lanes[tile_columns];  // -1 for the columns of this run, else 0
  ptrdiff_t start;              // where lane 0 would read in a plane at tap (0, 0)
} column_run;

static int AVX2 find_runs(const pith_window *window, size_t first_column, size_t columns,
                          column_run *runs) {
  ptrdiff_t p = (ptrdiff_t)(first_column / (size_t)window->output_width);
  ptrdiff_t q = (ptrdiff_t)(first_column % (size_t)window->output_width);
  int count = 0;
  for (ptrdiff_t lane = 0; lane < (ptrdiff_t)columns; p++, q = 0, count++) {
    ptrdiff_t end = lane + window->output_width - q;
    runs[count].start = (p * window->stride_y - window->pad_top) * window->width - window->pad_left +
                        q - lane;
    for (ptrdiff_t i = 0; i < tile_columns; i++) runs[count].lanes[i] = i >= lane && i < end ? -1 : 0;
    lane = end;
  }
  return count;
}

INLINE __m256i load_lanes(const int32_t *lanes) {
  return _mm256_loadu_si256((const __m256i *)lanes);
}

// Reads through an integer: where all lanes are masked the address may lie outside the plane.
INLINE __m256 load_masked(const float *plane, ptrdiff_t index, __m256i mask) {
  uintptr_t address = (uintptr_t)plane + (uintptr_t)index * sizeof(float);
  return _mm256_maskload_ps((const float *)address, mask);
}

// The inputs of a tap with a horizontal stride of 1; `runs` is a constant after inlining where it is small.
INLINE void pack_runs(const int count, const pith_window *window, const column_run *runs,
                      size_t channels, const float *planes, const int32_t *taps, float *panel) {
  const __m256i outside = _mm256_set1_epi32(-1);
  size_t plane_size = (size_t)window->height * (size_t)window->width;
  for (size_t channel = 0; channel < channels; channel++, planes += plane_size) {
    const int32_t *tap = taps;
    for (int32_t r = 0; r < window->kernel_height; r++) {
      ptrdiff_t index = (ptrdiff_t)r * window->dilation_y * window->width;
      for (int32_t s = 0; s < window->kernel_width; s++) {
        __m256i left = _mm256_cmpgt_epi32(load_lanes(tap), outside);
        __m256i right = _mm256_cmpgt_epi32(load_lanes(tap + 8), outside);
        __m256 first = _mm256_setzero_ps(), second = _mm256_setzero_ps();
        for (int i = 0; i < count; i++) {
          ptrdiff_t from = runs[i].start + index;
          __m256i mask = _mm256_and_si256(left, load_lanes(runs[i].lanes));
          first = _mm256_or_ps(first, load_masked(planes, from, mask));
          mask = _mm256_and_si256(right, load_lanes(runs[i].lanes + 8));
          second = _mm256_or_ps(second, load_masked(planes, from + 8, mask));
        }
        _mm256_storeu_ps(panel, first);
        _mm256_storeu_ps(panel + 8, second);
        tap += tile_columns;
        panel += tile_columns;
        index += window->dilation_x;
      }
    }
  }
}

INLINE __m256 gather(const float *plane, const int32_t *taps) {
  __m256i index = load_lanes(taps);
  __m256i inside = _mm256_cmpgt_epi32(index, _mm256_set1_epi32(-1));
  return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), plane, index, _mm256_castsi256_ps(inside), 4);
}

void AVX2 im2col_f32_16_avx2(const pith_window *window, size_t first_column, size_t columns,
                             size_t channels, const float *planes, int32_t *taps, float *panel) {
  find_taps(window, tile_columns, first_column, columns, taps);
  if (window->stride_x == 1) {
    column_run runs[tile_columns];
    int count = find_runs(window, first_column, columns, runs);
    if (count == 1)
      pack_runs(1, window, runs, channels, planes, taps, panel);
    else if (count == 2)
      pack_runs(2, window, runs, channels, planes, taps, panel);
    else
      pack_runs(count, window, runs, channels, planes, taps, panel);
    return;
  }
  size_t tap_count = (size_t)window->kernel_height * (size_t)window->kernel_width;
  size_t plane_size = (size_t)window->height * (size_t)window->width;
  for (size_t channel = 0; channel < channels; channel++, planes += plane_size) {
    for (size_t i = 0; i < tap_count * tile_columns; i += 8)
      _mm256_storeu_ps(panel + i, gather(planes, taps + i));
    panel += tap_count * tile_columns;
  }
}
#endif
