#include "pith_blocked.h"

#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define INPUT_2X2 winograd_input_f32_2x2_portable
#define OUTPUT_2X2 winograd_output_f32_2x2_portable
#define INPUT_4X4 winograd_input_f32_4x4_portable
#define OUTPUT_4X4 winograd_output_f32_4x4_portable
#include "../blocked/winograd.h"
