// What the C library knows about memory.
#ifndef PITH_MEMORY_H
#define PITH_MEMORY_H

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// Gives memory that was freed, but is kept for later allocations, back to the system.
static inline void pith_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

#endif
