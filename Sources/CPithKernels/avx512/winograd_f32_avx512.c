#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#pragma clang fp contract(fast)

#define NAME(base) base##_avx512
#define LINES UNROLL
#include "../blocked/lanes.h"

#include "../blocked/winograd.h"

#pragma clang attribute pop
#endif
