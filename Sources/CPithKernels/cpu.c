#include "include/pith_cpu.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

pith_cpu_features pith_cpu_detect(void) {
  pith_cpu_features features = {false, false, false, false};
#if defined(__x86_64__)
  __builtin_cpu_init();
  features.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  features.pclmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#elif defined(__aarch64__)
  features.neon = true;
  features.armv8_crc = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
  return features;
}
