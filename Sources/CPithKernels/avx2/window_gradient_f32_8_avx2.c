#include "pith_gradient.h"

#if defined(__x86_64__)
#pragma clang fp contract(fast)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(base) base##_avx2
#include "../blocked/lanes.h"

#include "../blocked/window_gradient.h"
#pragma clang attribute pop
#endif
