#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define INPUT_2X2 winograd_input_f32_2x2_avx2
#define OUTPUT_2X2 winograd_output_f32_2x2_avx2
#define INPUT_4X4 winograd_input_f32_4x4_avx2
#define OUTPUT_4X4 winograd_output_f32_4x4_avx2
#include "../blocked/winograd.h"

#pragma clang attribute pop
#endif
