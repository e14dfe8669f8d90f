#include "pith_blocked.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)

#define NAME(base) base##_neon
#define LINES
#include "../blocked/lanes.h"

#include "../blocked/winograd.h"
#endif
