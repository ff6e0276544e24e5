"""A node of three is killed in the middle of a batch: how long the rate stays under 90 % of what two nodes do, and how
many tasks are run a second time."""

import json
import os
import signal
import tempfile
import time

from .cluster import Cluster
from .contest import Contest

CAPACITY, SECONDS_A_TASK = 200, 0.1
TASKS = 60_000


def measure(rounds, quiet):
    contest = Contest(rounds, quiet).run({"ignareo": once})
    return [
        contest.figure("failover", "seconds", "s under 90 %"),
        contest.figure("failover-twice", "twice", "tasks run twice"),
    ]


def once():
    with Cluster(nodes=3, node_flags=("--capacity", str(CAPACITY))) as cluster, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tasks.ndjson")
        with open(path, "w") as file:
            file.write(f'{{"task":"sleep","args":{{"seconds":{SECONDS_A_TASK}}}}}\n' * TASKS)
        answer, _ = cluster.submit_file(path)
        batch = json.loads(answer)["id"]
        time.sleep(3)
        cluster.nodes[0].process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        # 100 ms to a sample; a rate is over three of them.
        samples = [(0.0, done(cluster, batch))]
        while time.monotonic() - killed < 10:
            time.sleep(0.1)
            samples.append((time.monotonic() - killed, done(cluster, batch)))
        wanted = 0.9 * 2 * CAPACITY / SECONDS_A_TASK
        slow = [
            later for (earlier, before), (later, after) in zip(samples, samples[3:])
            if (after - before) / (later - earlier) < wanted
        ]
        document = cluster.coordinator.get(f"/batches/{batch}")
        if document["state"] != "running":
            raise RuntimeError("the batch ended too soon")
        return {"seconds": max(slow, default=0.0), "twice": document["retried"]}


def done(cluster, batch):
    return cluster.coordinator.get(f"/batches/{batch}")["ok"]

