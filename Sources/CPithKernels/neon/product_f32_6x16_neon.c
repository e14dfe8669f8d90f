#include "pith_blocked.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define TILE 6
#define PRODUCT product_f32_6x16_neon
#define PRODUCT_PLANAR product_planar_f32_6x16_neon
#include "../blocked/product.h"
#endif
