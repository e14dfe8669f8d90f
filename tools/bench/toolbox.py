"""Where the environments, networks, library and command of a run are, and the files that it needs of each network."""
import os
import subprocess
import sys

import environments
from network_files import NetworkFiles

HERE = os.path.dirname(os.path.abspath(__file__))
# Which Python converts for a runtime; the others read ONNX.
CONVERTED = {"mnn": "bench-python", "ncnn": "bench-convert", "litert": "bench-convert"}


class Toolbox:
    """`cache` holds environments and networks, `pith` is the command and `library` libpith.so."""

    def __init__(self, cache, pith, library):
        self.cache, self.pith = os.path.abspath(cache), pith
        self.networks = os.path.join(self.cache, "bench-networks")
        os.environ["PITH_LIBRARY"] = library
        self.missing = {**environments.left_out(os.path.join(self.cache, "bench-python"))}
        for peer, reason in environments.left_out(os.path.join(self.cache, "bench-convert")).items():
            self.missing.setdefault(peer, reason)

    @classmethod
    def from_environment(cls):
        """The one that tools/bench/run has set up."""
        return cls(os.environ["PITH_BENCH_CACHE"], os.environ["PITH_COMMAND"], os.environ["PITH_LIBRARY"])

    def python(self, runtime):
        """The Python that runs a runtime."""
        return self.interpreter("bench-convert" if runtime == "pytorch" else "bench-python")

    def interpreter(self, name):
        return os.path.join(self.cache, name, "bin", "python")

    def prepare(self, name, batches):
        """Makes a network with its images, unless it is there, and gives its files."""
        files = NetworkFiles(self.networks, name)
        if not all(os.path.exists(path) for path in
                   [files.path("expected"), *(files.path("onnx", batch) for batch in batches)]):
            print(f"Making {name} ...", file=sys.stderr, flush=True)
            self.run([self.interpreter("bench-convert"), os.path.join(HERE, "make_network.py"), self.networks, name,
                      *map(str, batches)])
        return files

    def convert(self, runtime, files, batch):
        """Converts a network for a runtime unless that was done; the reason when it cannot be, else None."""
        if runtime in self.missing:
            return self.missing[runtime]
        if runtime.startswith("pith"):
            return self.convert_for_pith(files)
        if runtime not in CONVERTED or os.path.exists(files.path(runtime, batch)):
            return None
        failure = files.failure(runtime, batch)
        if not os.path.exists(failure):
            print(f"Converting {files.name} for {runtime} ...", file=sys.stderr, flush=True)
            result = self.run([self.interpreter(CONVERTED[runtime]), os.path.join(HERE, "convert_network.py"), runtime,
                               self.networks, files.name, str(batch)], check=False)
            if os.path.exists(files.path(runtime, batch)):
                return None
            with open(failure, "w", encoding="utf-8") as file:
                file.write((result.stderr.strip().splitlines() or [f"ended with {result.returncode}"])[-1])
        with open(failure, encoding="utf-8") as file:
            return f"it cannot be converted: {file.read()}"

    def convert_for_pith(self, files):
        """The command's format may have changed since: a file that is older than the command is written anew."""
        target = files.path("pith")
        if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(self.pith):
            self.run([self.pith, "convert", files.path("onnx"), "--no-preprocessing", "--quiet", "-o", target])
        return None

    @staticmethod
    def run(command, check=True):
        """Runs a tool of the benchmark; ends with what it said when it fails and nobody looks at that."""
        path = os.pathsep.join([HERE, os.path.join(HERE, os.pardir, "networks")])
        result = subprocess.run(command, capture_output=True, text=True, check=False,
                                env={**os.environ, "PYTHONPATH": path})
        if check and result.returncode != 0:
            sys.exit(f"{' '.join(command)}:\n{result.stderr}")
        return result
