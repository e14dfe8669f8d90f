#include "pith_crc32.h"

#include <string.h>

// The remainder of a byte is the exclusive or of the remainders of its bits, so that each table follows from
// eight numbers; b7 belongs to the highest bit. All 64 are consecutive: each is the one before it, times x
// modulo the reflected polynomial 0xEDB88320.
#define REMAINDER(n, b7, b6, b5, b4, b3, b2, b1, b0)                                    \
  (((n) & 128 ? b7 : 0) ^ ((n) & 64 ? b6 : 0) ^ ((n) & 32 ? b5 : 0) ^                   \
   ((n) & 16 ? b4 : 0) ^ ((n) & 8 ? b3 : 0) ^ ((n) & 4 ? b2 : 0) ^ ((n) & 2 ? b1 : 0) ^ \
   ((n) & 1 ? b0 : 0))
#define BYTES4(n, ...)                                                   \
  REMAINDER(n, __VA_ARGS__), REMAINDER((n) + 1, __VA_ARGS__),            \
      REMAINDER((n) + 2, __VA_ARGS__), REMAINDER((n) + 3, __VA_ARGS__)
#define BYTES16(n, ...)                                                  \
  BYTES4(n, __VA_ARGS__), BYTES4((n) + 4, __VA_ARGS__),                  \
      BYTES4((n) + 8, __VA_ARGS__), BYTES4((n) + 12, __VA_ARGS__)
#define BYTES64(n, ...)                                                  \
  BYTES16(n, __VA_ARGS__), BYTES16((n) + 16, __VA_ARGS__),               \
      BYTES16((n) + 32, __VA_ARGS__), BYTES16((n) + 48, __VA_ARGS__)
#define BYTES(...)                                                       \
  BYTES64(0, __VA_ARGS__), BYTES64(64, __VA_ARGS__),                     \
      BYTES64(128, __VA_ARGS__), BYTES64(192, __VA_ARGS__)

// table[k][n]: the remainder of byte n followed by k zero bytes.
static const uint32_t table[8][256] = {
    {BYTES(0xEDB88320, 0x76DC4190, 0x3B6E20C8, 0x1DB71064,
           0x0EDB8832, 0x076DC419, 0xEE0E612C, 0x77073096)},
    {BYTES(0x3B83984B, 0xF0794F05, 0x958424A2, 0x4AC21251,
           0xC8D98A08, 0x646CC504, 0x32366282, 0x191B3141)},
    {BYTES(0xE1351B80, 0x709A8DC0, 0x384D46E0, 0x1C26A370,
           0x0E1351B8, 0x0709A8DC, 0x0384D46E, 0x01C26A37)},
    {BYTES(0xED59B63B, 0x9B14583D, 0xA032AF3E, 0x5019579F,
           0xC5B428EF, 0x8F629757, 0xAA09C88B, 0xB8BC6765)},
    {BYTES(0xB1E6B092, 0x58F35849, 0xC1C12F04, 0x60E09782,
           0x30704BC1, 0xF580A6C0, 0x7AC05360, 0x3D6029B0)},
    {BYTES(0x1EB014D8, 0x0F580A6C, 0x07AC0536, 0x03D6029B,
           0xEC53826D, 0x9B914216, 0x4DC8A10B, 0xCB5CD3A5)},
    {BYTES(0x8816EAF2, 0x440B7579, 0xCFBD399C, 0x67DE9CCE,
           0x33EF4E67, 0xF44F2413, 0x979F1129, 0xA6770BB4)},
    {BYTES(0x533B85DA, 0x299DC2ED, 0xF9766256, 0x7CBB312B,
           0xD3E51BB5, 0x844A0EFA, 0x4225077D, 0xCCAA009E)},
};

uint32_t crc32_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
  crc = ~crc;
  while (count >= 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= crc;
    crc = table[7][low & 255] ^ table[6][(low >> 8) & 255] ^ table[5][(low >> 16) & 255] ^
          table[4][low >> 24] ^ table[3][high & 255] ^ table[2][(high >> 8) & 255] ^
          table[1][(high >> 16) & 255] ^ table[0][high >> 24];
    bytes += 8;
    count -= 8;
  }
  while (count-- > 0) crc = (crc >> 8) ^ table[0][(crc ^ *bytes++) & 255];
  return ~crc;
}
