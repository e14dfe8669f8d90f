// Leaf kernels: no allocation, no input or output, no globals, no questions about the processor.
#ifndef PITH_KERNELS_H
#define PITH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "pith_cpu.h"

#endif
