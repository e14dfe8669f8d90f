#include "pith_peak.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)
#include "../blocked/lanes.h"

#define PEAK peak_f32_avx2
#define CHAINS 12
#define WIDTH 8
#include "../blocked/peak.h"
#pragma clang attribute pop
#endif
