// CRC-32 with zlib's polynomial, convention and values: start with 0, pass the result back in to continue.
#ifndef PITH_CRC32_H
#define PITH_CRC32_H

#include <stddef.h>
#include <stdint.h>

// Eight table look-ups for eight bytes (slicing-by-8, Kounavis and Berry 2005).
uint32_t crc32_portable(uint32_t crc, const uint8_t *bytes, size_t count);

#if defined(__x86_64__)
// Folding by carry-less multiplication (Gopal et al. 2009). Needs PCLMULQDQ and SSE4.1.
uint32_t crc32_pclmul(uint32_t crc, const uint8_t *bytes, size_t count);
#endif

#if defined(__aarch64__)
// The CRC32X instruction. Needs the CRC32 extension of ARMv8.
uint32_t crc32_armv8crc(uint32_t crc, const uint8_t *bytes, size_t count);
#endif

#endif
