#include "../window_taps.h"

enum { tile_columns = 8 };

void im2col_f32_8_portable(const pith_window *window, size_t first_column, size_t columns,
                           size_t channels, const float *planes, int32_t *taps, float *panel) {
  find_taps(window, tile_columns, first_column, columns, taps);
  size_t tap_count = (size_t)window->kernel_height * (size_t)window->kernel_width;
  size_t plane_size = (size_t)window->height * (size_t)window->width;
  for (size_t channel = 0; channel < channels; channel++, planes += plane_size) {
    for (size_t i = 0; i < tap_count * tile_columns; i++)
      panel[i] = taps[i] < 0 ? 0 : planes[taps[i]];
    panel += tap_count * tile_columns;
  }
}
