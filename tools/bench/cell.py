"""One network at one number of threads and images: what every runtime took for it."""
import statistics
from typing import NamedTuple


class Measured(NamedTuple):
    """Milliseconds for the whole batch; `difference`: from the right scores, as a part of the largest."""

    least: float
    median: float
    calls: int
    difference: float


class Cell:
    """`measured` by runtime; `left_out`: why others are not there."""

    def __init__(self, network, threads, batch):
        self.network, self.threads, self.batch = network, threads, batch
        self.measured, self.left_out = {}, {}

    def add(self, worker):
        if worker.reason or not worker.times:
            self.left_out[worker.runtime] = worker.reason or "it was never timed"
        else:
            self.measured[worker.runtime] = Measured(
                min(worker.times), statistics.median(worker.times), len(worker.times), worker.difference)

    def best_peer(self):
        peers = {name: entry.least for name, entry in self.measured.items() if not name.startswith("pith")}
        return min(peers, key=peers.get, default=None)

    def ratio(self):
        """Pith's least time by that of the best peer, or None."""
        peer = self.best_peer()
        if peer is None or "pith" not in self.measured:
            return None
        return self.measured["pith"].least / self.measured[peer].least

    def fields(self):
        """For JSON."""
        return {"network": self.network, "threads": self.threads, "batch": self.batch,
                "best_peer": self.best_peer(), "ratio": self.ratio(),
                "measured": {name: entry._asdict() for name, entry in self.measured.items()},
                "left_out": self.left_out}

    @classmethod
    def read(cls, fields):
        cell = cls(fields["network"], fields["threads"], fields["batch"])
        cell.measured = {name: Measured(**entry) for name, entry in fields["measured"].items()}
        cell.left_out = fields["left_out"]
        return cell
