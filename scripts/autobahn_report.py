"""Judges a report folder of the Autobahn suite: autobahn_report.py FOLDER CASES

CASES is the expected number of cases. With REQUIRE_COMPRESSION=1 a case that is
UNIMPLEMENTED fails as well.
"""

import collections
import json
import os
import pathlib
import re
import sys

BEHAVIORS = ("OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT", "FAILED")
GOOD_CLOSES = ("OK", "INFORMATIONAL")


def closes_badly(case):
    # If the server declined the extension, the case did not run, so its close code means nothing.
    return case["behavior"] != "UNIMPLEMENTED" and case["behaviorClose"] not in GOOD_CLOSES


def case_order(name):
    return [int(part) for part in name.split(".")]


def main(folder, expected, require_compression):
    index = folder / "index.json"
    if not index.exists():
        sys.exit(f"autobahn: no report in {folder}")
    agents = json.loads(index.read_text())
    cases = {name: case for agent in agents.values() for name, case in agent.items()}

    count = collections.Counter(case["behavior"] for case in cases.values())
    tally = ", ".join(f"{count[behavior]} {behavior}" for behavior in BEHAVIORS)
    wrong = sum(closes_badly(case) for case in cases.values())
    print(f"autobahn: {len(cases)} cases: {tally}, {wrong} wrong close codes")

    good = {"OK", "INFORMATIONAL"} if require_compression else {"OK", "INFORMATIONAL", "UNIMPLEMENTED"}
    offenders = [name for name, case in cases.items() if case["behavior"] not in good or closes_badly(case)]
    for name in sorted(offenders, key=case_order):
        case = json.loads((folder / cases[name]["reportfile"]).read_text())
        description = " ".join(re.sub("<[^>]*>", " ", case["description"]).split())
        print(f"  {name}: {case['behavior']}, close {case['behaviorClose']} ({case['remoteCloseCode']}): {description}")

    if len(cases) != expected:
        print(f"autobahn: {len(cases)} cases ran, expected {expected}")
    return 1 if offenders or len(cases) != expected else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), os.environ.get("REQUIRE_COMPRESSION") == "1"))
