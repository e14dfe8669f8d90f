// PNG decoding by libpng's classic API, from memory, without globals.
//
// libpng leaves an error by longjmp, which must not cross a Swift frame: every call below catches it and
// returns false with the reason. Nothing is left allocated, whatever happens.
#ifndef PITH_PNG_H
#define PITH_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PITH_PNG_TEXT_BYTES 160

// Why a call failed.
typedef struct {
  char error[PITH_PNG_TEXT_BYTES];    // libpng's reason
  char warning[PITH_PNG_TEXT_BYTES];  // libpng's first warning, or empty
  size_t offset;                      // how many bytes had been read
  bool ended_early;                   // more bytes were needed than there are
} pith_png_report;

// What the IHDR chunk says.
typedef struct {
  uint32_t width;
  uint32_t height;
  uint8_t bit_depth;   // 1, 2, 4, 8 or 16
  uint8_t color_type;  // 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha
  bool interlaced;
} pith_png_header;

// The layout of decoded pixels, 8 bits a channel, rows without padding. The values are the channels.
typedef enum {
  PITH_PNG_INDEX = 0,  // one byte, an index into the palette; for colour type 3, and only for it
  PITH_PNG_GRAY = 1,   // for colour types 0 and 4; alpha is dropped
  PITH_PNG_RGB = 3,    // for all but 3; gray is repeated, alpha is dropped
  PITH_PNG_RGBA = 4,   // for all but 3; tRNS becomes alpha, opaque images get 255
} pith_png_layout;

// The palette of a PITH_PNG_INDEX image: red, green, blue, alpha; entries from `count` on are not set.
typedef struct {
  uint8_t *entries;  // 256 * 4 bytes, the caller's
  int count;
} pith_png_palette;

// Reads up to the image data. Checks what comes before it, but allocates nothing in proportion to it.
bool pith_png_read_header(const uint8_t *bytes, size_t count, pith_png_header *header,
                          pith_png_report *report);

// Decodes the PNG at the start of `bytes` into `pixels`, which has room for `width * height` pixels of the
// layout; `width` and `height` are those of the header. Bit depths below 8 are scaled to 0...255 (indices
// are not), of 16 bits the high byte is kept, gamma and colour profiles are ignored.
// `consumed` is where the IEND chunk ends; what follows is not looked at.
bool pith_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                     pith_png_layout layout, uint8_t *pixels, pith_png_palette *palette,
                     size_t *consumed, pith_png_report *report);

#endif
