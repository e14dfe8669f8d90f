#include "pith_blocked.h"

#pragma clang fp contract(fast)
#define PIXELS 3
#define NAME(base) base##_portable
#include "../blocked/lanes.h"

#include "../blocked/window.h"
