// SHA-256 (FIPS 180-4, 6.2.2): takes blocks of 64 bytes into the eight words of the state.
#ifndef PITH_SHA256_H
#define PITH_SHA256_H

#include <stddef.h>
#include <stdint.h>

void sha256_blocks_portable(uint32_t *state, const uint8_t *blocks, size_t block_count);

#if defined(__x86_64__)
// Needs the SHA extensions, SSSE3 and SSE4.1.
void sha256_blocks_shani(uint32_t *state, const uint8_t *blocks, size_t block_count);
#endif

#endif
