#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define TILE 14
#define WIDE_TILE 28
#define PRODUCT product_f32_28x16_avx512
#define PRODUCT_PLANAR product_planar_f32_28x16_avx512
#include "../blocked/product.h"

#pragma clang attribute pop
#endif
