// Counts the allocations of the program that links this: malloc and its kin are the library's own, with a counter.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

// So many so far, on all threads; -1 under a sanitizer, which has an allocator of its own.
long allocation_count(void);

#endif
