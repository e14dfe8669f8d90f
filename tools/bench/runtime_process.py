"""The processes of the runtimes, each pinned to its processors."""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def environment(threads):
    """The variables of a runtime's process: libraries that ask them use the given threads."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads),
            "PYTHONDONTWRITEBYTECODE": "1"}


def pinned(threads):
    """What a process does before it starts: it stays on as many processors as it has threads."""
    allowed = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, allowed[:threads])


class Process:
    """A program that says in a line of JSON whether it is ready, and then takes turns; `fields` is what it said, `reason`
    why it is not."""

    def __init__(self, command, threads):
        self.process = subprocess.Popen(
            command, env=environment(threads), preexec_fn=pinned(threads), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.times = []
        self.fields = self.answer()
        self.reason = self.fields.get("reason")

    def answer(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"reason": "its process died"}

    def turn(self, seconds):
        """Lets it compute for a while; it falls out when it dies."""
        try:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.reason = "its process died"
            return
        answer = self.answer()
        self.times += answer.get("times", [])
        self.reason = answer.get("reason")

    def peak_bytes(self):
        """The most memory that the process has had so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Worker(Process):
    """A runtime with one network."""

    def __init__(self, python, runtime, folder, network, threads, batch):
        super().__init__([python, os.path.join(HERE, "worker.py"), runtime, folder, network, str(threads), str(batch)],
                         threads)
        self.runtime = runtime
        self.difference = self.fields.get("difference")
