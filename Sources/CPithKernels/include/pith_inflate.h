// Raw deflate streams (RFC 1951) that have Huffman codes but no matches: what Pith's writer makes of planes.
#ifndef PITH_INFLATE_H
#define PITH_INFLATE_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  PITH_INFLATED,         // the stream ends with the last byte of both input and output
  PITH_INFLATE_MATCH,    // it has a length code, which only a complete inflate knows
  PITH_INFLATE_INVALID,  // not one valid stream of these sizes
} pith_inflate_result;

typedef struct {
  const uint8_t *input;
  size_t input_count;
  // Some of it is written whatever the result is, nothing behind it.
  uint8_t *output;
  size_t output_count;
  pith_inflate_result result;
} pith_inflate_stream;

// The memory that one call works in, aligned to 8 bytes.
enum { PITH_INFLATE_SCRATCH_BYTES = 28 << 10 };

// Inflates two streams side by side, so that each fills the other's waiting times; `second` may be null.
void inflate_huffman_x2_portable(pith_inflate_stream *first, pith_inflate_stream *second,
                                 void *scratch);

#endif
