#include "pith_blocked.h"

#pragma clang fp contract(fast)

#define NAME(base) base##_portable
#define LINES
#include "../blocked/lanes.h"

#include "../blocked/winograd.h"
