#!/usr/bin/env python3
"""Measures servers with plenum-bench and with client.mjs, in turns, and compares the results.

crosscheck.py [--repeats N] [SERVER ...]   without names: plenum, raw, gorilla, gws, bun, uws

Both clients put the same load on a freshly started server, with one reading thread each, and run on the last core. The figures
are the processor time per delivery and the memory per connection. The exit status is 1 if the two clients disagree: if they put
two servers into different orders by a figure, or if a figure of a server differs by more than 15 %. Two servers whose medians
differ by less than 5 % have no order.
"""
import argparse
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 10
SCENARIOS = {  # arguments of plenum-bench; rooms, members per room, messages per second and room; the figure
    "one room of 500, CPU per delivery, µs": (
        ["fan-hot", "--members=500", "--rate=100", "--loops=1", "--warmup=0s", f"--duration={SECONDS}s"], (1, 500, 100), "cpu_us_per_delivery"),
    "500 rooms of 10, CPU per delivery, µs": (
        ["rooms-small", "--rooms=500", "--rate=3", "--loops=1", "--warmup=0s", f"--duration={SECONDS}s"], (500, 10, 3), "cpu_us_per_delivery"),
    "10,000 idle connections, bytes per connection": (
        ["idle", "--connections=2000,10000", "--settle=3s", "--early=1s", "--duration=2s"], (1000, 10, 0), "bytes_per_connection"),
}
TIE, BOUND = 0.05, 0.15


def servers(names):
    peers = json.loads((ROOT / "bench/peers/peers.json").read_text())
    run = [str(ROOT / "bin/plenum"), "serve", "--listen=127.0.0.1:0", "--admin=", "--announce-limit=-1"]
    known = {"plenum": {"run": run, "url": "ws://{host}/ws/chat/{room}?username={user}"}} | {p["name"]: p for p in peers}
    for name in names:
        if name not in known:
            sys.exit(f"unknown server {name}; known: {' '.join(known)}")
        if "hello" in known[name]:
            sys.exit(f"{name} needs a handshake of its own, which client.mjs does not have")
    return {name: known[name] for name in names}


def start(server):
    run = [arg.replace("{dir}", str(ROOT / "bench/peers")) for arg in server["run"]]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if found := re.search(r" serves http://([0-9.:]+)/", line):
            return process, server["url"].replace("{host}", found[1])
    sys.exit(f"{run[0]} ended without a ready line; build it with: make build peers")


INVALID = 3  # exit status of plenum-bench: the machine was busy with something else


def run_client(*command, **options):
    """Runs a client on the last core. When the kernel could move its threads between the cores, the processor time of a
    server with rooms of 10 differed by up to 19 % between the two clients."""
    core = max(os.sched_getaffinity(0))
    return subprocess.run(["taskset", "--cpu-list", str(core), *command], stdout=subprocess.PIPE, text=True, **options)


def bench(url, pid, arguments, _):
    answer = run_client(ROOT / "bin/plenum-bench", "run", *arguments, "--url", url, "--pid", str(pid), stderr=subprocess.PIPE)
    if answer.returncode == INVALID:
        print(answer.stderr.splitlines()[-1] + "; the figure is used all the same", file=sys.stderr)
    elif answer.returncode != 0:
        sys.exit(f"{answer.stderr}\nplenum-bench ended with status {answer.returncode}")
    result = json.loads(answer.stdout)
    return {"bytes_per_connection": result.get("idle", {}).get("slope_bytes_per_connection")} | result.get("server", {})


def client(url, pid, _, load):
    answer = run_client("node", HERE / "client.mjs", url, str(pid), *map(str, load), str(SECONDS))
    if answer.returncode != 0:
        sys.exit(f"client.mjs ended with status {answer.returncode}: {answer.stdout}")
    return json.loads(answer.stdout)


def measure(server, how, scenario):
    process, url = start(server)
    try:
        return how(url, process.pid, *scenario[:2])[scenario[2]]
    finally:
        process.terminate()
        process.wait()


def disagreements(medians):
    """Yields a text for each pair of servers that the two clients put into different orders."""
    for (a, (a1, a2)), (b, (b1, b2)) in itertools.combinations(medians.items(), 2):
        tied = any(abs(x - y) < TIE * min(x, y) for x, y in ((a1, b1), (a2, b2)))
        if not tied and (a1 < b1) != (a2 < b2):
            yield f"{a} and {b} are in different orders"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("servers", nargs="*", metavar="SERVER")
    chosen = options.parse_args()
    all_servers = servers(chosen.servers or ["plenum", "raw", "gorilla", "gws", "bun", "uws"])
    wrong = []
    for title, scenario in SCENARIOS.items():
        runs = {name: ([], []) for name in all_servers}
        for _, name, i in itertools.product(range(chosen.repeats), all_servers, (0, 1)):
            runs[name][i].append(measure(all_servers[name], (bench, client)[i], scenario))
        medians = {name: tuple(map(statistics.median, both)) for name, both in runs.items()}
        print(f"\n| {title} | plenum-bench | client.mjs | ratio |\n| --- | ---: | ---: | ---: |")
        for name, (one, other) in sorted(medians.items(), key=lambda m: m[1]):
            print(f"| {name} | {one:.4g} | {other:.4g} | {other / one:.2f} |", flush=True)
            if abs(other / one - 1) > BOUND:
                wrong.append(f"{title}: {name} differs by more than 15 %")
        wrong += [f"{title}: {text}" for text in disagreements(medians)]
    print("\n" + ("\n".join(wrong) or "Both clients agree."))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
