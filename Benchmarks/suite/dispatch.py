"""100,000 tasks that do nothing: from the first byte submitted to the last result read, one submitter, two nodes.

gearmand gets them as background jobs, which it neither keeps nor answers; our journal is on.
"""

import json
import os
import subprocess
import tempfile
import time

from peers.processor import processor_seconds

from . import workshop
from .cluster import Cluster, write_tasks
from .contest import Contest
from .figure import Goal

TASKS = 100_000
FEWER = {"celery": 5_000, "dask": 20_000}


def measure(rounds, quiet):
    client, worker = workshop.program("gearman_client"), workshop.program("gearman_worker")
    gearmand = workshop.program("gearmand")
    redis = workshop.program("redis-server")
    with tempfile.TemporaryDirectory() as folder:
        tasks = os.path.join(folder, "tasks.ndjson")
        write_tasks(tasks, TASKS)
        contest = Contest(rounds, quiet).run(
            workshop.available(
                {
                    "ignareo": (None, lambda: ignareo(tasks)),
                    "gearmand": (
                        workshop.needs((gearmand, "gearman-job-server"), (client and worker, "libgearman-dev")),
                        lambda: gearman(gearmand, client, worker),
                    ),
                    "dask": (workshop.needs((workshop.has_module("distributed"), "dask.distributed from PyPI")), lambda: script("dask")),
                    "celery": (
                        workshop.needs((redis, "redis-server"), (workshop.has_module("celery"), "celery and redis from PyPI")),
                        lambda: script("celery", redis),
                    ),
                }
            )
        )
    return [
        contest.figure("dispatch", "rate", "tasks/s", [Goal("gearmand", 8)], higher_is_better=True),
        contest.figure("dispatch-cpu", "cpu", "s for 1,000 tasks", [Goal("gearmand", 6)]),
    ]


def ignareo(tasks):
    with Cluster() as cluster, tempfile.NamedTemporaryFile() as results:
        before = cluster.processor_seconds
        start = time.monotonic()
        flags = ["-sS", "-X", "POST", "-T", tasks, "-H", "Content-Type: application/x-ndjson", "-o", results.name]
        _, curl = workshop.output(["curl", *flags, cluster.url("/batches?follow=true")])
        seconds = time.monotonic() - start
        processor = cluster.processor_seconds - before + curl
        lines = results.read().splitlines()
        summary = json.loads(lines[-1])["summary"]
        if summary["ok"] != TASKS or len(lines) != TASKS + 1:
            raise RuntimeError(f"not all tasks have their result: {summary}")
        return {"rate": TASKS / seconds, "cpu": processor / TASKS * 1000}


def gearman(gearmand, client, worker):
    port = workshop.free_port()
    with workshop.Process([gearmand, "-p", str(port), "-L", "127.0.0.1", "-l", "/dev/null"], ready=port) as server:
        with tempfile.NamedTemporaryFile() as counter:
            workers = [subprocess.Popen([worker, str(port), counter.name]) for _ in range(2)]
            try:
                time.sleep(0.5)
                pids = [*server.tree, *(process.pid for process in workers)]
                before = processor_seconds(pids)
                text, processor = workshop.output([client, str(port), str(TASKS), counter.name])
                seconds = float(text)
                processor += processor_seconds(pids) - before
            finally:
                for process in workers:
                    process.kill()
                    process.wait()
    return {"rate": TASKS / seconds, "cpu": processor / TASKS * 1000}


def script(name, *arguments):
    """A peer that starts its own processes, and prints the seconds that its tasks took and the CPU seconds of all."""
    count = FEWER[name]
    path = os.path.join(workshop.PEERS, f"dispatch_{name}.py")
    text, _ = workshop.output([workshop.PYTHON, path, str(count), *arguments], limit=600)
    seconds, processor = map(float, text.split()[-2:])
    return {"rate": count / seconds, "cpu": processor / count * 1000}
