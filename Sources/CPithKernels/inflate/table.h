// Tables that tell all the literals whose codes fit some bits at once.
//
// An entry is `length | count << 8 | literals << 16`: bits of codes, number of literals, the literals. Where
// something else begins, an end of block, a length code, a code that is longer than the index or none, the entry
// is 0, so that looking it up again changes nothing.

#include "code.h"

enum {
  // 11 bits give a few more literals an entry, but take twice as long to fill for each block.
  index_bits = 10,
  entry_count = 1 << index_bits,
  entry_literals = 6,
};

// Makes the table of `bits` bits: a literal, then what the table of the bits behind its code says. Only that of at
// most `most` bits are used. `suffixes` has those tables, that of n bits from 2^n - 1 on.
static void fill_table(uint64_t *restrict table, unsigned bits, unsigned most,
                       const uint64_t *restrict suffixes, const huffman_code *code) {
  memset(table, 0, sizeof *table << bits);
  for (unsigned length = 1; length <= bits; length++) {
    unsigned rest = bits - length;
    unsigned mask = (1u << (rest < most ? rest : most)) - 1;
    const uint64_t *suffix = suffixes + mask;
    for (unsigned n = 0; n < code->count[length]; n++) {
      unsigned symbol = code->symbols[code->index[length] + n];
      if (symbol > 255) break;
      uint64_t literal = length | 1 << 8 | (uint64_t)symbol << 16;
      uint64_t *target = table + reversed(code->first[length] + n, length);
      for (unsigned i = 0; i < 1u << rest; i++) {
        uint64_t next = suffix[i & mask];
        target[i << length] = literal + (next & 0xFFFF) + (next >> 16 << 24);
      }
    }
  }
}

// Fills `table`; `suffixes` is memory for as many entries.
static void fill_tables(uint64_t *table, uint64_t *suffixes, const huffman_code *code) {
  unsigned shortest = 1;
  while (shortest < index_bits && code->count[shortest] == 0) shortest++;
  // No more literals than an entry has room for, its own first one included.
  unsigned most = shortest * (entry_literals - 1);
  if (most > index_bits - shortest) most = index_bits - shortest;
  for (unsigned bits = 0; bits <= most; bits++)
    fill_table(suffixes + (1u << bits) - 1, bits, most, suffixes, code);
  fill_table(table, index_bits, most, suffixes, code);
}
