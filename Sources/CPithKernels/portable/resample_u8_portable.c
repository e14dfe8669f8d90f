#include "pith_resample.h"

// One half, so that the shift rounds.
static const int32_t half = 1 << (PITH_RESAMPLE_BITS - 1);

static inline uint8_t byte_of(int32_t sum) {
  int32_t value = sum >> PITH_RESAMPLE_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void resample_horizontal_u8_portable(const uint8_t *row, size_t row_bytes, size_t channels,
                                     const ptrdiff_t *starts, const ptrdiff_t *counts,
                                     const int32_t *weights, size_t taps, size_t pixels,
                                     uint8_t *target) {
  (void)row_bytes;
  for (size_t x = 0; x < pixels; x++, weights += taps, target += channels) {
    const uint8_t *pixel = row + (size_t)starts[x] * channels;
    for (size_t c = 0; c < channels; c++) {
      int32_t sum = half;
      for (size_t tap = 0; tap < (size_t)counts[x]; tap++)
        sum += pixel[tap * channels + c] * weights[tap];
      target[c] = byte_of(sum);
    }
  }
}

void resample_vertical_u8_portable(const uint8_t *rows, size_t row_bytes, size_t ring, size_t start,
                                   size_t count, const int32_t *weights, uint8_t *target) {
  int32_t sums[64];
  for (size_t first = 0; first < row_bytes; first += 64) {
    size_t width = row_bytes - first < 64 ? row_bytes - first : 64;
    for (size_t x = 0; x < width; x++) sums[x] = half;
    for (size_t tap = 0; tap < count; tap++) {
      const uint8_t *row = rows + (start + tap) % ring * row_bytes + first;
      for (size_t x = 0; x < width; x++) sums[x] += row[x] * weights[tap];
    }
    for (size_t x = 0; x < width; x++) target[first + x] = byte_of(sums[x]);
  }
}
