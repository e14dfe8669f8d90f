#include "pith_scanline.h"

// Of left, above and the byte above the left one, that which is nearest to left + above - corner; the first of those at equal
// distance.
static inline uint8_t paeth(int left, int above, int corner) {
  int by_left = above - corner, by_above = left - corner, by_corner = by_left + by_above;
  by_left = by_left < 0 ? -by_left : by_left;
  by_above = by_above < 0 ? -by_above : by_above;
  by_corner = by_corner < 0 ? -by_corner : by_corner;
  if (by_left <= by_above && by_left <= by_corner) return (uint8_t)left;
  return (uint8_t)(by_above <= by_corner ? above : corner);
}

void reconstruct_scanline_u8_portable(uint8_t filter, const uint8_t *filtered, const uint8_t *prior,
                                      size_t count, size_t channels, uint8_t *row) {
  for (size_t x = 0; x < count; x++) {
    int left = x < channels ? 0 : row[x - channels];
    int corner = x < channels ? 0 : prior[x - channels];
    int prediction = 0;
    switch (filter) {
      case PITH_FILTER_SUB: prediction = left; break;
      case PITH_FILTER_UP: prediction = prior[x]; break;
      case PITH_FILTER_AVERAGE: prediction = (left + prior[x]) / 2; break;
      case PITH_FILTER_PAETH: prediction = paeth(left, prior[x], corner); break;
    }
    row[x] = (uint8_t)(filtered[x] + prediction);
  }
}
