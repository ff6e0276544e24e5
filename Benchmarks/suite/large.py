"""One batch of 1, 5 and 10 million tasks: how fast it is taken, what it costs, and how soon a killed coordinator is back.

Each size once, whatever --rounds says; LARGE=1,2 in the environment chooses other sizes, in millions.
"""

import json
import os
import signal
import sys
import tempfile
import time

from . import workshop
from .cluster import Cluster, Member, wait, write_tasks
from .figure import Figure, Goal


def measure(rounds, quiet):
    del rounds
    figures = []
    for millions in os.environ.get("LARGE", "1,5,10").split(","):
        if not quiet:
            sys.stderr.write(f"\r\033[K  {millions} million tasks")
            sys.stderr.flush()
        figures += measured(float(millions))
    return figures


def measured(millions):
    count = int(millions * 1_000_000)
    name = f"large-{millions:g}"
    with tempfile.TemporaryDirectory(dir=workshop.PLACE) as folder, Cluster() as cluster:
        path = os.path.join(folder, "tasks.ndjson")
        write_tasks(path, count, 50)
        start = time.monotonic()
        answer, _ = cluster.submit_file(path)
        taken = time.monotonic() - start
        batch = json.loads(answer)["id"]
        os.remove(path)
        time.sleep(2)
        peak = peak_bytes(cluster.coordinator)
        ready = restart(cluster)
        wait(lambda: cluster.coordinator.get(f"/batches/{batch}")["state"] == "done", 3600)
        seconds = time.monotonic() - start
        summary = cluster.coordinator.get(f"/batches/{batch}")
        if summary["ok"] != count:
            raise RuntimeError(f"not all tasks have their result: {summary}")
        peak = max(peak, peak_bytes(cluster.coordinator))
        disk = sum(os.path.getsize(os.path.join(place, file)) for place, _, files in os.walk(cluster.data) for file in files)
    whole = millions == 10
    return [
        Figure(f"{name}-submit", "tasks/s", count / taken, {}, higher_is_better=True),
        Figure(f"{name}-rate", "tasks/s", count / seconds, {}, higher_is_better=True),
        Figure(f"{name}-memory", "MiB", peak / 2**20, {}, goals=[Goal(limit=300)] if whole else []),
        Figure(f"{name}-disk", "B a task", disk / count, {}),
        Figure(f"{name}-ready", "s", ready, {}, goals=[Goal(limit=10)] if whole else []),
    ]


def restart(cluster):
    """Kills the coordinator and starts it again on its ports; gives the seconds until it is ready."""
    old = cluster.coordinator
    old.process.send_signal(signal.SIGKILL)
    old.process.wait()
    flags = ["--http", old.http, "--gossip", old.gossip, *cluster.flags]
    cluster.coordinator = Member("coordinator", "coordinator", *flags)
    return cluster.coordinator.start_seconds


def peak_bytes(member):
    with open(f"/proc/{member.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) * 1024
