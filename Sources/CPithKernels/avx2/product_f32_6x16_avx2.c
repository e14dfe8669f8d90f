#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define TILE 6
#define PRODUCT product_f32_6x16_avx2
#define PRODUCT_PLANAR product_planar_f32_6x16_avx2
#include "../blocked/product.h"

#pragma clang attribute pop
#endif
