#include "pith_gradient.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)
#define NAME(base) base##_neon
#include "../blocked/lanes.h"

#include "../blocked/map_gradient.h"
#endif
