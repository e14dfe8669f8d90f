#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang fp contract(fast)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#define NAME(base) base##_avx512
#define LANES 16
#include "../blocked/lanes.h"

#include "../blocked/map.h"
#pragma clang attribute pop
#endif
