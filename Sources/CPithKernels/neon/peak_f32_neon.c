#include "pith_peak.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)
#include "../blocked/lanes.h"

#define PEAK peak_f32_neon
#define CHAINS 24
#define WIDTH 4
#include "../blocked/peak.h"
#endif
