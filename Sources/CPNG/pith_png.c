#include "include/pith_png.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count;
  png_structp png;
  png_infop info;
  pith_png_report *report;
} decoder;

typedef struct {
  uint32_t width;
  uint32_t height;
  pith_png_layout layout;
  uint8_t *pixels;
  pith_png_palette *palette;
} pixel_request;

static void copy_text(char *to, const char *from) {
  size_t length = strnlen(from, PITH_PNG_TEXT_BYTES - 1);
  memcpy(to, from, length);
  to[length] = 0;
}

static void on_error(png_structp png, png_const_charp message) {
  pith_png_report *report = png_get_error_ptr(png);
  copy_text(report->error, message);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  pith_png_report *report = png_get_error_ptr(png);
  if (report->warning[0] == 0) copy_text(report->warning, message);
}

static void on_read(png_structp png, png_bytep to, size_t wanted) {
  decoder *d = png_get_io_ptr(png);
  pith_png_report *report = d->report;
  if (wanted > d->count - report->offset) {
    report->ended_early = true;
    png_error(png, "the data ends too early");
  }
  memcpy(to, d->bytes + report->offset, wanted);
  report->offset += wanted;
}

// Ancillary chunks are ignored, but those of a fixed length must have it.
static int on_chunk(png_structp png, png_unknown_chunkp chunk) {
  static const struct {
    char name[5];
    uint8_t length;
  } fixed[] = {{"cHRM", 32}, {"gAMA", 4}, {"oFFs", 9}, {"pHYs", 9}, {"sRGB", 1}, {"tIME", 7}};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    if (memcmp(chunk->name, fixed[i].name, 4) == 0 && chunk->size != fixed[i].length) {
      png_chunk_error(png, "wrong length");
    }
  }
  return 1;
}

// Everything that may longjmp runs in here. No local variable of this frame changes after setjmp.
static bool guarded(decoder *d, void (*body)(decoder *, void *), void *request) {
  if (setjmp(png_jmpbuf(d->png))) return false;
  body(d, request);
  return true;
}

static bool decode(const uint8_t *bytes, size_t count, void (*body)(decoder *, void *),
                   void *request, pith_png_report *report) {
  memset(report, 0, sizeof *report);
  decoder d = {bytes, count, NULL, NULL, report};
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, report, on_error, on_warning);
  if (d.png != NULL) d.info = png_create_info_struct(d.png);
  bool done = false;
  if (d.info != NULL) {
    done = guarded(&d, body, request);
  } else {
    copy_text(report->error, "libpng cannot start: out of memory or another version");
  }
  png_destroy_read_struct(&d.png, &d.info, NULL);
  return done;
}

static void read_info(decoder *d, uint32_t width_limit, uint32_t height_limit) {
  png_set_read_fn(d->png, d, on_read);
  png_set_user_limits(d->png, width_limit, height_limit);
  // No chunk can be longer than the input, and none is kept.
  png_set_chunk_malloc_max(d->png, d->count);
  png_set_chunk_cache_max(d->png, 1);
  png_set_crc_action(d->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // -1: every ancillary chunk but tRNS; its checksum is verified, its content is not looked at.
  png_set_read_user_chunk_fn(d->png, d, on_chunk);
  png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(d->png, d->info);
}

static void read_header(decoder *d, void *request) {
  pith_png_header *header = request;
  // The caller holds the size to its own limits, with a better message.
  read_info(d, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  header->width = png_get_image_width(d->png, d->info);
  header->height = png_get_image_height(d->png, d->info);
  header->bit_depth = png_get_bit_depth(d->png, d->info);
  header->color_type = png_get_color_type(d->png, d->info);
  header->interlaced = png_get_interlace_type(d->png, d->info) != PNG_INTERLACE_NONE;
}

static void read_palette(decoder *d, pith_png_palette *palette) {
  png_colorp colors = NULL;
  png_bytep alpha = NULL;
  int alpha_count = 0;
  palette->count = 0;
  png_get_PLTE(d->png, d->info, &colors, &palette->count);
  png_get_tRNS(d->png, d->info, &alpha, &alpha_count, NULL);
  for (int i = 0; i < palette->count; i++) {
    uint8_t *entry = palette->entries + 4 * i;
    entry[0] = colors[i].red;
    entry[1] = colors[i].green;
    entry[2] = colors[i].blue;
    entry[3] = alpha != NULL && i < alpha_count ? alpha[i] : 255;
  }
}

static void set_transformations(decoder *d, pith_png_layout layout) {
  png_structp png = d->png;
  int color_type = png_get_color_type(png, d->info);
  if (layout == PITH_PNG_INDEX) {
    png_set_packing(png);
    png_set_check_for_invalid_index(png, 0);
    return;
  }
  png_set_strip_16(png);
  if (!(color_type & PNG_COLOR_MASK_COLOR)) {
    png_set_expand_gray_1_2_4_to_8(png);
    if (layout != PITH_PNG_GRAY) png_set_gray_to_rgb(png);
  }
  if (layout == PITH_PNG_RGBA) {
    if (png_get_valid(png, d->info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  } else {
    png_set_strip_alpha(png);
  }
}

static void read_pixels(decoder *d, void *request) {
  pixel_request *r = request;
  png_structp png = d->png;
  read_info(d, r->width, r->height);
  if (r->layout == PITH_PNG_INDEX) read_palette(d, r->palette);
  set_transformations(d, r->layout);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, d->info);
  size_t stride = (size_t)r->width * (r->layout == PITH_PNG_INDEX ? 1 : r->layout);
  if (png_get_image_width(png, d->info) != r->width ||
      png_get_image_height(png, d->info) != r->height ||
      png_get_rowbytes(png, d->info) != stride) {
    png_error(png, "the pixels do not have the layout that was asked for");
  }
  // A damaged or overlong stream of pixels is an error, not a warning.
  png_set_benign_errors(png, 0);
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < r->height; y++) png_read_row(png, r->pixels + y * stride, NULL);
  }
  png_read_end(png, NULL);
}

bool pith_png_read_header(const uint8_t *bytes, size_t count, pith_png_header *header,
                          pith_png_report *report) {
  return decode(bytes, count, read_header, header, report);
}

bool pith_png_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
                     pith_png_layout layout, uint8_t *pixels, pith_png_palette *palette,
                     size_t *consumed, pith_png_report *report) {
  pixel_request request = {width, height, layout, pixels, palette};
  bool done = decode(bytes, count, read_pixels, &request, report);
  *consumed = report->offset;
  return done;
}
