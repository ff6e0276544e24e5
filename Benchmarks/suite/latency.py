"""A batch of one task that does nothing, from the first byte of the submission to its result.

With the journal on that is two syncs of the disk: the batch before it is accepted, the result before it is seen.
"""

import http.client
import json
import os
import statistics
import tempfile
import time

from . import workshop
from .cluster import Cluster, write_tasks
from .contest import Contest
from .figure import Figure, Goal

BATCHES = 300
BESIDE = 1_000_000


def measure(rounds, quiet):
    contest = Contest(rounds, quiet).run(
        {
            "journal": lambda: alone("files"),
            "memory": lambda: alone("memory"),
            "two syncs": two_syncs,
        }
    )
    figures = [
        contest.figure("latency", "median", "ms", [Goal(limit=10), Goal("two syncs and 2 ms", 1)], ours="journal", without=["memory"]),
        contest.figure("latency-p99", "p99", "ms", ours="journal", without=["memory"]),
        contest.figure("latency-memory", "median", "ms", [Goal(limit=3)], ours="memory", without=["journal", "two syncs"]),
        contest.figure("latency-memory-p99", "p99", "ms", ours="memory", without=["journal", "two syncs"]),
    ]
    figures[0].peers = {"two syncs and 2 ms": figures[0].peers["two syncs"] + 2}
    crowded = beside()
    figures.append(Figure("latency-beside", "ms", crowded["median"], {}))
    figures.append(Figure("latency-beside-p99", "ms", crowded["p99"], {}))
    return figures


def alone(journal):
    with Cluster(journal=journal) as cluster:
        return probe(cluster, BATCHES)


def beside():
    """The same while a million tasks run."""
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tasks.ndjson")
        write_tasks(path, BESIDE)
        answer, _ = cluster.submit_file(path)
        crowd = json.loads(answer)["id"]
        return probe(cluster, BATCHES, lambda: cluster.coordinator.get(f"/batches/{crowd}")["state"] == "running")


def probe(cluster, count, goes_on=lambda: True):
    """Stops early once that is no longer so."""
    connection = http.client.HTTPConnection(cluster.coordinator.http, timeout=60)
    body = json.dumps({"tasks": [{"task": "echo", "args": "hello"}]})
    times = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", "/batches?follow=true", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        result = json.loads(answer.readline())
        times.append(time.perf_counter() - start)
        if result["status"] != "ok":
            raise RuntimeError(f"a task failed: {result}")
        answer.read()
        if len(times) % 10 == 0 and not goes_on():
            break
    connection.close()
    if len(times) < 30:
        raise RuntimeError("the large batch ended too soon")
    return figures(times)


def two_syncs():
    """A file made and synced, then another grown and synced: what the disk alone takes."""
    times = []
    with tempfile.TemporaryDirectory(dir=workshop.PLACE) as folder:
        for number in range(BATCHES):
            start = time.perf_counter()
            for name in ("tasks", "results"):
                file = os.open(os.path.join(folder, f"{name}{number}"), os.O_CREAT | os.O_WRONLY)
                os.write(file, b"x" * 200)
                os.fdatasync(file)
                os.close(file)
            times.append(time.perf_counter() - start)
    return figures(times)


def figures(times):
    times = sorted(times)
    return {"median": statistics.median(times) * 1e3, "p99": times[len(times) * 99 // 100] * 1e3}
