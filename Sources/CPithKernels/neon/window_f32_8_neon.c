#include "pith_blocked.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)
#define PIXELS 7
#define NAME(base) base##_neon
#include "../blocked/lanes.h"

#include "../blocked/window.h"
#endif
