// Literals by the table, several at once, of one stream or of two side by side: a look-up has to wait for the one
// before it, and two streams wait at the same time.

#include "../inflate/blocks.h"
#include "pith_inflate.h"

enum {
  // A refill leaves at least 56 bits.
  steps = 56 / index_bits,
  // What a round of the loops below may read and write: a refill, and the last step's 8 bytes.
  input_margin = 8,
  output_margin = (steps - 1) * entry_literals + 8,
};

static inline bool has_margins(const decoder *d) {
  return d->phase == in_codes && d->input_end - d->input >= input_margin &&
         d->output_end - d->output >= output_margin;
}

static inline __attribute__((always_inline)) void refill_at_once(decoder *d) {
  uint64_t next;
  memcpy(&next, d->input, 8);
  d->bits |= next << d->count;
  d->input += (63 - d->count) >> 3;
  d->count |= 56;
}

static inline __attribute__((always_inline)) uint64_t look_up(decoder *d) {
  uint64_t entry = d->table[d->bits & (entry_count - 1)];
  uint64_t literals = entry >> 16;
  memcpy(d->output, &literals, 8);
  d->output += entry >> 8 & 255;
  d->bits >>= entry & 63;
  d->count -= entry & 255;
  return entry;
}

static void run(decoder *one) {
  decoder d = *one;
  while (has_margins(&d)) {
    uint64_t entry = 0;
    refill_at_once(&d);
#pragma clang loop unroll(full)
    for (int step = 0; step < steps; step++) entry = look_up(&d);
    if (entry == 0) break;
  }
  *one = d;
}

static void run_both(decoder *first, decoder *second) {
  decoder a = *first, b = *second;
  while (has_margins(&a) && has_margins(&b)) {
    uint64_t entry_a = 0, entry_b = 0;
    refill_at_once(&a);
    refill_at_once(&b);
#pragma clang loop unroll(full)
    for (int step = 0; step < steps; step++) {
      entry_a = look_up(&a);
      entry_b = look_up(&b);
    }
    if (entry_a == 0 || entry_b == 0) break;
  }
  *first = a;
  *second = b;
}

// Goes on symbol by symbol until the loops above can, or to the end.
static void make_ready(decoder *d) {
  while (d->phase != at_end) {
    if (d->phase == at_header) {
      begin_block(d);
    } else if (has_margins(d) && d->table[d->bits & (entry_count - 1)] != 0) {
      return;
    } else {
      decode_symbol(d);
    }
  }
}

typedef struct {
  uint64_t tables[2][entry_count];
  uint64_t suffixes[entry_count];
  huffman_code codes[2];
} scratch_layout;
_Static_assert(sizeof(scratch_layout) <= PITH_INFLATE_SCRATCH_BYTES, "too little scratch");

static decoder begin(const pith_inflate_stream *stream, scratch_layout *scratch, int number) {
  decoder d = {
      .input = stream->input,
      .input_end = stream->input + stream->input_count,
      .output = stream->output,
      .output_end = stream->output + stream->output_count,
      .phase = at_header,
      .code = &scratch->codes[number],
      .table = scratch->tables[number],
      .suffixes = scratch->suffixes,
  };
  make_ready(&d);
  return d;
}

static void complete(decoder *d, pith_inflate_stream *stream) {
  while (d->phase != at_end) {
    run(d);
    make_ready(d);
  }
  stream->result = d->result;
}

void inflate_huffman_x2_portable(pith_inflate_stream *first, pith_inflate_stream *second,
                                 void *memory) {
  scratch_layout *scratch = memory;
  decoder a = begin(first, scratch, 0);
  if (second) {
    decoder b = begin(second, scratch, 1);
    while (a.phase != at_end && b.phase != at_end) {
      run_both(&a, &b);
      make_ready(&a);
      make_ready(&b);
    }
    complete(&b, second);
  }
  complete(&a, first);
}
