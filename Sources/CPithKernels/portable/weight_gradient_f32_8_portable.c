#include "pith_gradient.h"

#pragma clang fp contract(fast)
#define TAPS 1
#define CHANNELS 2
#define NAME(base) base##_portable
#include "../blocked/lanes.h"

#include "../blocked/weight_gradient.h"
