"""A whole cluster of ours as the benchmarks use it: a coordinator and nodes, each its own process."""

import json
import os
import shutil
import tempfile
import time
import urllib.request

from . import workshop

HOST = "127.0.0.1"


class Member(workshop.Process):
    def __init__(self, role, name, *flags):
        command = [workshop.product("ignareo"), role, "--name", name, "--http", f"{HOST}:0", "--gossip", f"{HOST}:0"]
        super().__init__([*command, "--profile", "local", *flags])
        line = json.loads(self.first_line)
        self.http, self.gossip = line["http"], line["gossip"]

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.http}{path}", timeout=60) as answer:
            return json.load(answer)


class Cluster:
    """Ended at the end of a with block, its data removed."""

    def __init__(self, nodes=2, journal="files", node_flags=()):
        os.makedirs(workshop.PLACE, exist_ok=True)
        # Beside the project: a folder such as /tmp may be memory, where nothing is ever synced.
        self.data = tempfile.mkdtemp(prefix="data-", dir=workshop.PLACE)
        self.flags = ["--data", self.data, "--journal", journal]
        self.coordinator = Member("coordinator", "coordinator", *self.flags)
        self.nodes = [Member("node", f"n{i}", "--join", self.coordinator.gossip, *node_flags) for i in range(nodes)]
        wait(self.all_nodes_are_known, 20)

    def all_nodes_are_known(self):
        """Whether the coordinator knows of each node what it can do."""
        nodes = self.coordinator.get("/nodes?role=node")["nodes"]
        return sum(bool(node.get("task_types")) for node in nodes) == len(self.nodes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for member in [*self.nodes, self.coordinator]:
            member.process.kill()
            member.__exit__()
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def members(self):
        return [self.coordinator, *self.nodes]

    @property
    def processor_seconds(self):
        return sum(member.processor_seconds for member in self.members)

    def url(self, path):
        return f"http://{self.coordinator.http}{path}"

    def post(self, path, lines):
        request = urllib.request.Request(self.url(path), data=lines, headers={"Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.read()

    def submit_file(self, path, query=""):
        """Uploads a file of tasks with curl, which reads it piece by piece; gives the answer and curl's CPU seconds."""
        flags = ["-sS", "-X", "POST", "-T", path, "-H", "Content-Type: application/x-ndjson"]
        return workshop.output(["curl", *flags, self.url(f"/batches{query}")], limit=1800)


def wait(is_there, seconds):
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > deadline:
            raise RuntimeError("the cluster did not come to be what the benchmark waits for")
        time.sleep(0.02)


def write_tasks(path, count, size=100):
    """Tasks of `echo` with `size` bytes each."""
    text = "x" * (size - 2)
    with open(path, "w") as file:
        for _ in range(count // 1000):
            file.write(f'{{"task":"echo","args":"{text}"}}\n' * 1000)
        file.write(f'{{"task":"echo","args":"{text}"}}\n' * (count % 1000))
