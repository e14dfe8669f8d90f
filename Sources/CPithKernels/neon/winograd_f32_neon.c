#include "pith_blocked.h"

#if defined(__aarch64__)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define INPUT_2X2 winograd_input_f32_2x2_neon
#define OUTPUT_2X2 winograd_output_f32_2x2_neon
#define INPUT_4X4 winograd_input_f32_4x4_neon
#define OUTPUT_4X4 winograd_output_f32_4x4_neon
#include "../blocked/winograd.h"
#endif
