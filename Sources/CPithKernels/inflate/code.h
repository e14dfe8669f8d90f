// A Huffman code of deflate (RFC 1951, 3.2.2), made from the lengths of its codes.

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { longest_code = 15, most_symbols = 288 };

typedef struct {
  // Those that have a code, short codes first, those of equal length in their own order.
  uint16_t symbols[most_symbols];
  // Of the codes of each length: how many, the value of the first, and where its symbol stands.
  uint16_t count[longest_code + 1];
  uint16_t first[longest_code + 1];
  uint16_t index[longest_code + 1];
  // What follows the last code of each length when codes are moved left to 16 bits; 65,536 behind all.
  uint32_t end[longest_code + 1];
} huffman_code;

// False when there are more codes than bits can tell apart.
static bool make_code(huffman_code *code, const uint8_t *lengths, unsigned symbol_count) {
  memset(code->count, 0, sizeof code->count);
  for (unsigned symbol = 0; symbol < symbol_count; symbol++) code->count[lengths[symbol]]++;
  code->count[0] = 0;

  uint16_t place[longest_code + 1];
  uint32_t next = 0, index = 0;
  for (unsigned length = 1; length <= longest_code; length++) {
    next <<= 1;
    code->first[length] = (uint16_t)next;
    code->index[length] = place[length] = (uint16_t)index;
    index += code->count[length];
    next += code->count[length];
    if (next > 1u << length) return false;
    code->end[length] = next << (16 - length);
  }
  for (unsigned symbol = 0; symbol < symbol_count; symbol++)
    if (lengths[symbol] != 0) code->symbols[place[lengths[symbol]]++] = (uint16_t)symbol;
  return true;
}

static bool is_complete(const huffman_code *code) { return code->end[longest_code] == 1u << 16; }

// Besides complete codes zlib allows no code at all, and a single one of one bit.
static bool is_allowed(const huffman_code *code) {
  return is_complete(code) || code->end[longest_code] == 0 ||
         (code->end[longest_code] == 1u << 15 && code->count[1] == 1);
}

// The lowest `count` bits, 1 to 16, the other way round.
static inline uint32_t reversed(uint32_t bits, unsigned count) {
  bits = (bits & 0x5555) << 1 | (bits >> 1 & 0x5555);
  bits = (bits & 0x3333) << 2 | (bits >> 2 & 0x3333);
  bits = (bits & 0x0F0F) << 4 | (bits >> 4 & 0x0F0F);
  bits = (bits & 0x00FF) << 8 | (bits >> 8 & 0x00FF);
  return bits >> (16 - count);
}

// The symbol whose code begins with the lowest bit, and the bits of its code; false when there is none.
static inline bool find_symbol(const huffman_code *code, uint64_t bits, unsigned *symbol,
                               unsigned *length) {
  uint32_t leading = reversed((uint32_t)(bits & 0xFFFF), 16);
  for (unsigned n = 1; n <= longest_code; n++) {
    if (leading >= code->end[n]) continue;
    // Not below the first of this length, for it was not below the end of the length before.
    *symbol = code->symbols[code->index[n] + (leading >> (16 - n)) - code->first[n]];
    *length = n;
    return true;
  }
  return false;
}
