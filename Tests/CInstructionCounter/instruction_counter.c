#include "instruction_counter.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { not_permitted = 99 };

static int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 0;
  return status;
}

long instruction_count(void (*body)(void *), void *context) {
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(not_permitted);
    raise(SIGSTOP);
    body(context);
    raise(SIGSTOP);
    _exit(0);
  }
  int status = wait_for(child);
  if (!WIFSTOPPED(status)) return -1;
  ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
  long steps = 0;
  while (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0) {
    status = wait_for(child);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) break;
    steps++;
  }
  int finished = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    wait_for(child);
  }
  return finished ? steps : -2;
}
