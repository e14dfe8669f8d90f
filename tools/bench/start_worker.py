"""A program that classifies one photograph with a peer, as one would write it; prints a line like `pith classify`'s.

    python start_worker.py RUNTIME FOLDER NETWORK PHOTOGRAPH
"""
import json
import os
import sys

from adapters import ADAPTERS, arranged
from network_files import NetworkFiles
from photographs import prepared

if __name__ == "__main__":
    runtime, folder, network, photograph = sys.argv[1:]
    scores = ADAPTERS[runtime](NetworkFiles(folder, network), 1, 1)(arranged(runtime, prepared(photograph)))
    line = json.dumps({"image": photograph, "predictions": [{"index": int(scores.argmax())}]})
    os.write(1, (line + "\n").encode())
