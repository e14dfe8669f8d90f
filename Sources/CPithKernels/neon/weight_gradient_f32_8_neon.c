#include "pith_gradient.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)
#define TAPS 1
#define CHANNELS 4
#define NAME(base) base##_neon
#include "../blocked/lanes.h"

#include "../blocked/weight_gradient.h"
#endif
