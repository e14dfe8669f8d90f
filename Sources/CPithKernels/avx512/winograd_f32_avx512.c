#include "pith_blocked.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2"))), apply_to = function)
#pragma clang fp contract(fast)

#include "../blocked/lanes.h"

#define INPUT_2X2 winograd_input_f32_2x2_avx512
#define OUTPUT_2X2 winograd_output_f32_2x2_avx512
#define INPUT_4X4 winograd_input_f32_4x4_avx512
#define OUTPUT_4X4 winograd_output_f32_4x4_avx512
#include "../blocked/winograd.h"

#pragma clang attribute pop
#endif
