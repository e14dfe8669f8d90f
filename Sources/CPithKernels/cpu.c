#define _GNU_SOURCE
#include "include/pith_cpu.h"

#include <sched.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

pith_cpu_features pith_cpu_detect(void) {
  pith_cpu_features features = {0};
#if defined(__x86_64__)
  __builtin_cpu_init();
  features.avx2_fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  features.avx512 = features.avx2_fma && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512bw");
  features.mesh_cache = features.avx512 && __builtin_cpu_is("intel");
  features.pclmul = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  // Not among the names that every compiler's support library knows: leaf 7, EBX, bit 29.
  unsigned eax, ebx = 0, ecx, edx;
  features.sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx >> 29 & 1) != 0 &&
                 __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
#elif defined(__aarch64__)
  features.neon = true;
  features.armv8_crc = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
  return features;
}

int pith_cpu_allowed(void) {
  // Room for 16,384 processors: the kernel refuses a mask smaller than its own.
  cpu_set_t masks[16];
  if (sched_getaffinity(0, sizeof masks, masks) != 0) return 0;
  return CPU_COUNT_S(sizeof masks, masks);
}
