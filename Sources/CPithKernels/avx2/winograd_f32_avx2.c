#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)

#define NAME(base) base##_avx2
#define LINES
#include "../blocked/lanes.h"

#include "../blocked/winograd.h"

#pragma clang attribute pop
#endif
