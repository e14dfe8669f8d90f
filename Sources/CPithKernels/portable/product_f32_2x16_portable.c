#include "pith_blocked.h"

#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define TILE 2
#define PRODUCT product_f32_2x16_portable
#define PRODUCT_PLANAR product_planar_f32_2x16_portable
#include "../blocked/product.h"
