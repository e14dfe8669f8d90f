#include "pith_gradient.h"

#pragma clang fp contract(fast)
#define NAME(base) base##_portable
#include "../blocked/lanes.h"

#include "../blocked/map_gradient.h"
