// What instruction sets this processor and its operating system offer.
#ifndef PITH_CPU_H
#define PITH_CPU_H

#include <stdbool.h>

typedef struct {
  bool avx2_fma;   // AVX2, FMA3, BMI1 and BMI2
  bool avx512;     // those, and AVX-512 F, VL, DQ and BW
  bool mesh_cache; // the last cache lies along a mesh: Intel's processors with AVX-512
  bool pclmul;     // PCLMULQDQ and SSE4.1
  bool sha;        // the SHA extensions, SSSE3 and SSE4.1
  bool neon;       // AArch64 Advanced SIMD
  bool armv8_crc;  // the CRC32 extension of ARMv8
} pith_cpu_features;

pith_cpu_features pith_cpu_detect(void);

// The number of processors in the affinity mask of this process; 0 when the system does not tell.
int pith_cpu_allowed(void);

// Tells the processor that this thread is waiting for another one in a short loop.
static inline void pith_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
