// Leaf kernels: no allocation, no input or output, no globals, no questions about the processor.
#ifndef PITH_KERNELS_H
#define PITH_KERNELS_H

#include "pith_blocked.h"
#include "pith_cpu.h"
#include "pith_crc32.h"
#include "pith_gradient.h"
#include "pith_inflate.h"
#include "pith_memory.h"
#include "pith_peak.h"
#include "pith_planes.h"
#include "pith_resample.h"
#include "pith_scanline.h"
#include "pith_sha256.h"

#endif
