// Counts the instructions that some code executes, exactly and without a counter of the processor's: a child of this process
// runs it under ptrace, one instruction at a time. That takes microseconds for each of them, so the code should be short.
#ifndef INSTRUCTION_COUNTER_H
#define INSTRUCTION_COUNTER_H

// The instructions of `body(context)` in user space, plus the few around the call that are always the same. The child has a
// copy of this process's memory and only the calling thread: the body may neither wait for another thread nor allocate.
//
// -1: the system does not let a process trace its child. -2: the body crashed.
long instruction_count(void (*body)(void *context), void *context);

#endif
