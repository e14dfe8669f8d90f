// What instruction sets this processor and its operating system offer.
#ifndef PITH_CPU_H
#define PITH_CPU_H

#include <stdbool.h>

typedef struct {
  bool avx2_fma;   // AVX2, FMA3, BMI1 and BMI2
  bool pclmul;     // PCLMULQDQ and SSE4.1
  bool neon;       // AArch64 Advanced SIMD
} pith_cpu_features;

pith_cpu_features pith_cpu_detect(void);

#endif
