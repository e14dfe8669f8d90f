"""Converts and runs the test cases that the package onnx carries, and holds the results to cases.txt.

A case passes when Pith's outputs are the case's own: with the reference kernels, with the default kernels and, for a
model with a batch, with another number of images. Everything but the first input becomes an initializer.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import tempfile

import backend
import networks
from pith import Refused, convert_and_compare

LEAST_PASSING = 150
HERE = pathlib.Path(__file__).parent


def read_list(path):
    """The listed cases: name -> (None, --no-batch or not) or (reason, False)."""
    listed = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        verdict, _, rest = line.partition(" ")
        if verdict == "pass":
            name, _, flag = rest.partition(" ")
            entry = (None, flag == "--no-batch")
            well_formed = flag in ("", "--no-batch")
        else:
            name, _, reason = rest.partition(": ")
            entry = (reason, False)
            well_formed = verdict == "left-out" and reason
        if not well_formed or name in listed:
            sys.exit(f"{path}:{number}: neither 'pass NAME [--no-batch]' nor 'left-out NAME: reason', or twice: {line}")
        listed[name] = entry
    return listed


def attempt(case, pith, has_batch):
    """What is wrong, in one line; None: it passes."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            convert_and_compare(pith, case, has_batch, pathlib.Path(folder))
        except Refused as refusal:
            return " ".join(str(refusal).split())
    return None


def judge(case, listed, pith):
    """(whether it passes, what differs from the list, the line that would be right)."""
    name = case.name
    entry = listed.get(name)
    if entry and entry[0] is None:
        reason = attempt(case, pith, has_batch=not entry[1])
        if reason:
            return False, f"{name} is listed as passing: {reason}", f"left-out {name}: {reason}"
        return True, None, f"pass {name}" + (" --no-batch" if entry[1] else "")
    with_batch = attempt(case, pith, has_batch=True)
    if with_batch is None:
        line = f"pass {name}"
    else:
        without_batch = attempt(case, pith, has_batch=False)
        if without_batch is None:
            line = f"pass {name} --no-batch"
        else:
            reason = entry[0] if entry else f"{with_batch} | {without_batch}"
            line = f"left-out {name}: {reason}"
            return False, None if entry else f"{name} is not in the list", line
    return True, f"{name} is {'listed as left out' if entry else 'not in the list'} but passes", line


def main():
    parser = argparse.ArgumentParser(prog="tools/onnx/run", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these cases (default: all)")
    parser.add_argument("--pith", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "cases.txt", help="the list of cases")
    parser.add_argument(
        "--draft", action="store_true", help="print the lines that would be right, and why new cases do not pass")
    parser.add_argument("--quick", action="store_true", help="without whole networks")
    arguments = parser.parse_args()

    listed = read_list(arguments.list)
    everything = backend.cases() + networks.cases()
    known = {case.name for case in everything}
    cases = [case for case in everything if not (arguments.quick and case.name.startswith(networks.PREFIXES))]
    if arguments.names:
        if unknown := set(arguments.names) - known:
            sys.exit("no such case: " + " ".join(sorted(unknown)))
        cases = [case for case in cases if case.name in arguments.names]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda case: judge(case, listed, arguments.pith), cases))

    passed = sum(passes for passes, _, _ in verdicts)
    differences = [difference for _, difference, _ in verdicts if difference]
    if not arguments.names:
        absent = {name for name in listed.keys() - known if not name.startswith("shared/")}
        differences += [f"{name} is listed but is no case" for name in sorted(absent)]
        if passed < LEAST_PASSING:
            differences.append(f"only {passed} cases pass; at least {LEAST_PASSING} must")
    if arguments.draft:
        print("\n".join(line for _, _, line in verdicts))
    for difference in differences:
        print(difference, file=sys.stderr)
    print(f"{passed} of {len(cases)} cases pass, {len(cases) - passed} are left out or fail", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
