// The blocks of a deflate stream (RFC 1951, 3.2), symbol by symbol, and nothing accepted that zlib refuses.

#include "pith_inflate.h"
#include "table.h"

typedef enum { at_header, in_codes, at_end } decoder_phase;

typedef struct {
  const uint8_t *input, *input_end;
  uint8_t *output, *output_end;
  // The next `count` bits, the first one lowest; above them are 0 or the bits of `input`.
  uint64_t bits;
  unsigned count;
  decoder_phase phase;
  bool is_last;
  pith_inflate_result result;
  // In `in_codes`: the code of literals and lengths, and its table.
  huffman_code *code;
  uint64_t *table;
  // Memory for as many entries as `table`.
  uint64_t *suffixes;
} decoder;

// Adds bits until there are at least 57 or no more.
static inline void refill(decoder *d) {
  while (d->count <= 56 && d->input < d->input_end) {
    d->bits |= (uint64_t)*d->input++ << d->count;
    d->count += 8;
  }
}

// The next bits, which are there; at most 16.
static inline unsigned take(decoder *d, unsigned count) {
  unsigned value = (unsigned)d->bits & ((1u << count) - 1);
  d->bits >>= count;
  d->count -= count;
  return value;
}

static void finish(decoder *d, pith_inflate_result result) {
  d->phase = at_end;
  d->result = result;
}

static void refuse(decoder *d) { finish(d, PITH_INFLATE_INVALID); }

static void end_block(decoder *d) {
  if (!d->is_last) {
    d->phase = at_header;
    return;
  }
  // The rest of the last byte means nothing, but whole bytes must not be left.
  bool is_whole = d->input - d->count / 8 == d->input_end && d->output == d->output_end;
  finish(d, is_whole ? PITH_INFLATED : PITH_INFLATE_INVALID);
}

static void copy_stored(decoder *d) {
  d->input -= d->count / 8;
  d->bits = 0;
  d->count = 0;
  if (d->input_end - d->input < 4) return refuse(d);
  unsigned count = d->input[0] | (unsigned)d->input[1] << 8;
  unsigned complement = d->input[2] | (unsigned)d->input[3] << 8;
  d->input += 4;
  if (count != (complement ^ 0xFFFF) || count > (size_t)(d->input_end - d->input) ||
      count > (size_t)(d->output_end - d->output))
    return refuse(d);
  if (count > 0) memcpy(d->output, d->input, count);
  d->input += count;
  d->output += count;
  end_block(d);
}

static void begin_codes(decoder *d, const uint8_t *lengths, unsigned count) {
  if (!make_code(d->code, lengths, count) || !is_allowed(d->code)) return refuse(d);
  fill_tables(d->table, d->suffixes, d->code);
  d->phase = in_codes;
}

static void begin_fixed(decoder *d) {
  uint8_t lengths[most_symbols];
  for (unsigned symbol = 0; symbol < most_symbols; symbol++)
    lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
  begin_codes(d, lengths, most_symbols);
}

// Reads the lengths of `count` codes, which are themselves coded; false when that is not possible.
static bool read_lengths(decoder *d, const huffman_code *code, uint8_t *lengths, unsigned count) {
  unsigned have = 0;
  while (have < count) {
    unsigned symbol, length;
    refill(d);
    if (!find_symbol(code, d->bits, &symbol, &length)) return false;
    unsigned extra = symbol < 16 ? 0 : symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    if (length + extra > d->count) return false;
    take(d, length);
    if (symbol < 16) {
      lengths[have++] = (uint8_t)symbol;
      continue;
    }
    if (symbol == 16 && have == 0) return false;
    unsigned repeats = (symbol == 18 ? 11 : 3) + take(d, extra);
    if (repeats > count - have) return false;
    memset(lengths + have, symbol == 16 ? lengths[have - 1] : 0, repeats);
    have += repeats;
  }
  return true;
}

static void begin_dynamic(decoder *d) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
  refill(d);
  if (d->count < 14) return refuse(d);
  unsigned literals = 257 + take(d, 5), distances = 1 + take(d, 5), first = 4 + take(d, 4);
  if (literals > 286 || distances > 30) return refuse(d);
  uint8_t first_lengths[19] = {0};
  for (unsigned i = 0; i < first; i++) {
    refill(d);
    if (d->count < 3) return refuse(d);
    first_lengths[order[i]] = (uint8_t)take(d, 3);
  }
  huffman_code code;
  uint8_t lengths[286 + 30];
  if (!make_code(&code, first_lengths, 19) || !is_complete(&code) ||
      !read_lengths(d, &code, lengths, literals + distances))
    return refuse(d);
  // A block must be able to end. The code of distances is checked though nothing uses it.
  if (lengths[256] == 0 || !make_code(&code, lengths + literals, distances) || !is_allowed(&code))
    return refuse(d);
  begin_codes(d, lengths, literals);
}

static void begin_block(decoder *d) {
  refill(d);
  if (d->count < 3) return refuse(d);
  d->is_last = take(d, 1);
  switch (take(d, 2)) {
    case 0: return copy_stored(d);
    case 1: return begin_fixed(d);
    case 2: return begin_dynamic(d);
    default: return refuse(d);
  }
}

// Decodes a symbol, whatever it is and however little is left.
static void decode_symbol(decoder *d) {
  unsigned symbol, length;
  refill(d);
  if (!find_symbol(d->code, d->bits, &symbol, &length) || length > d->count) return refuse(d);
  take(d, length);
  if (symbol == 256) return end_block(d);
  // 286 and 287 have codes in fixed blocks, but no meaning.
  if (symbol > 256) return finish(d, symbol < 286 ? PITH_INFLATE_MATCH : PITH_INFLATE_INVALID);
  if (d->output == d->output_end) return refuse(d);
  *d->output++ = (uint8_t)symbol;
}
