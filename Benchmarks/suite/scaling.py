"""One coordinator beside 1 to 1,000 nodes, in virtual time: `ignareo simulate batch --scenario scale-dispatch`. The nodes are
simulated, each doing a thousand tasks a second; the scheduler and the journal's records are the product's own, and take as much
virtual time as they take of this machine's processor. What the coordinator does besides for each task (sockets, HTTP, JSON) is
measured first, on a real cluster, and counted as busy, too.

Beside them a batch of one task is submitted every 20 ms; one that has not ended when the run does counts as if it had then.

Where it saturates is where its rate falls behind what the nodes could do; what saturates is its one thread, in the parts that the
figures name. SCALING_NODES=1,10,100,1000 sets the sizes.
"""

import json
import os
import statistics
import sys
import time

from . import workshop
from .cluster import Cluster, write_tasks
from .figure import Figure

SIZES = [int(size) for size in os.environ.get("SCALING_NODES", "1,10,100,300,1000").split(",")]
TASKS = 200_000
# Where it does less than so much of what the nodes could do, it is saturated.
ENOUGH = 0.97


def measure(rounds, quiet):
    whole = coordinator_microseconds()
    alone = run(2, 0)
    beside = max(0, round(whole - microseconds(alone)))
    reports = {}
    for size in SIZES:
        # The large ones take long, and vary little.
        runs = [run(size, beside) for _ in range(rounds if size < 100 else 1)]
        reports[size] = {key: statistics.median(value(report) for report in runs) for key, value in VALUES.items()}
        if not quiet:
            sys.stderr.write(f"\r\033[K  {size} nodes")
            sys.stderr.flush()
    if not quiet:
        sys.stderr.write("\r\033[K")
    return figures(reports, beside)


def microseconds(report):
    return report["scheduler_us"] + report["records_us"] + report["reports_us"]


VALUES = {
    "machine": microseconds,
    "scheduler": lambda report: report["scheduler_us"],
    "records": lambda report: report["records_us"],
    "rate": lambda report: report["rate_per_s"],
    "offered": lambda report: report["offered_per_s"],
    "lag": lambda report: report["lag_ms"]["p99"],
    "probe": lambda report: report["probe_ms"]["p50"],
}


def run(nodes, beside):
    flags = ["--scenario", "scale-dispatch", "--nodes", str(nodes), "--beside", str(beside), "--json"]
    return json.loads(workshop.output([workshop.product("ignareo"), "simulate", "batch", *flags], limit=600)[0])


def coordinator_microseconds():
    """What a real coordinator takes of its processor for each task, from the submission to the last result on disk."""
    with Cluster() as cluster:
        path = os.path.join(cluster.data, "tasks.ndjson")
        write_tasks(path, TASKS)
        before = cluster.coordinator.processor_seconds
        batch = json.loads(cluster.submit_file(path)[0])["id"]
        deadline = time.monotonic() + 120
        while cluster.coordinator.get(f"/batches/{batch}")["state"] == "running":
            if time.monotonic() > deadline:
                raise RuntimeError("the batch does not end")
            time.sleep(0.05)
        return (cluster.coordinator.processor_seconds - before) / TASKS * 1e6


def figures(reports, beside):
    found = []

    def by_size(bench, unit, key, **more):
        others = {f"{size} nodes": reports[size][key] for size in SIZES[:-1]}
        found.append(Figure(f"scaling-{bench}-{SIZES[-1]}", unit, reports[SIZES[-1]][key], others, **more))

    by_size("scheduler", "µs a task", "scheduler")
    by_size("records", "µs a task", "records")
    by_size("rate", "tasks/s", "rate", higher_is_better=True)
    by_size("lag-p99", "ms", "lag")
    by_size("batch-of-one", "ms", "probe")
    found.append(Figure("scaling-beside", "µs a task", beside, {}))
    fed = [size for size in SIZES if reports[size]["rate"] >= ENOUGH * reports[size]["offered"]]
    found.append(Figure("scaling-nodes-kept-busy", "nodes", max(fed, default=0), {}, higher_is_better=True))
    return found
