"""The best peer of each cell, as an earlier run chose it, in best-peers.json."""
import json
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "best-peers.json")


def key(threads, batch):
    return f"{threads} threads, batch {batch}"


def load():
    """`{network: {cell: peer}}`; empty when no run has chosen."""
    if not os.path.exists(PATH):
        return {}
    with open(PATH, encoding="utf-8") as file:
        return json.load(file)


def choose(cells):
    """Notes the best peer of each cell that was measured; the others stay as they are."""
    chosen = load()
    for cell in cells:
        peer = cell.best_peer()
        if peer:
            chosen.setdefault(cell.network, {})[key(cell.threads, cell.batch)] = peer
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(chosen, file, indent=2, sort_keys=True)
        file.write("\n")
