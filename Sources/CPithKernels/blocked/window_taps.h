// The taps of a sliding window that meet an image.
#ifndef PITH_WINDOW_TAPS_H
#define PITH_WINDOW_TAPS_H

#include <stddef.h>

// Those taps of one dimension, `step` apart and the first at `start`, that lie from 0 to `size` - 1.
typedef struct {
  ptrdiff_t first, end;
} window_taps;

// How many of `count` places, `step` apart and the first at `start`, lie before `end`.
INLINE ptrdiff_t places_before(ptrdiff_t start, ptrdiff_t count, ptrdiff_t step, ptrdiff_t end) {
  ptrdiff_t room = end - start;
  if (room <= 0) return 0;
  if (step > 1) room = (room + step - 1) / step;
  return room < count ? room : count;
}

INLINE window_taps taps_inside(ptrdiff_t start, ptrdiff_t count, ptrdiff_t step, ptrdiff_t size) {
  window_taps taps = {places_before(start, count, step, 0), places_before(start, count, step, size)};
  return taps;
}

#endif
