#include "pith_peak.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#pragma clang fp contract(fast)
#include "../blocked/lanes.h"

#define PEAK peak_f32_avx512
#define CHAINS 12
#define WIDTH 16
#include "../blocked/peak.h"
#pragma clang attribute pop
#endif
