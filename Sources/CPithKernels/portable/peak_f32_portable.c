#include "pith_peak.h"

#pragma clang fp contract(fast)
#include "../blocked/lanes.h"

#define PEAK peak_f32_portable
#define CHAINS 12
#define WIDTH 4
#include "../blocked/peak.h"
