"""A node's HTTP edge: GET /healthz with 64 connections, and the time that one task takes there and back."""

import json
import os
import re
import tempfile

from . import workshop
from .contest import Contest
from .figure import Goal

SECONDS = 2


class Node(workshop.Process):
    """A node with one loop, on the server's core."""

    def __init__(self):
        flags = ["--loops", "1", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--name", "measured"]
        super().__init__([workshop.product("ignareo"), "node", *flags], workshop.SERVER_CORE)
        self.port = int(json.loads(self.first_line)["http"].rsplit(":", 1)[1])

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def measure(rounds, quiet):
    if not workshop.program("wrk"):
        raise SystemExit("api needs wrk: run Benchmarks/setup")
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "echo.lua")
        with open(script, "w") as file:
            file.write('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n')
            file.write('wrk.body = \'{"task":"echo","args":"hello"}\'\n')
        return measure_with(script, rounds, quiet)


def measure_with(script, rounds, quiet):
    def rate(server):
        def once():
            with server() as process:
                before = process.processor_seconds
                text, _ = wrk(process.url("/healthz"), 64)
                requests = int(re.search(r"(\d+) requests in", text).group(1))
                return {
                    "rate": float(re.search(r"Requests/sec: +([\d.]+)", text).group(1)),
                    "cpu": (process.processor_seconds - before) / requests * 1e6,
                }

        return once

    def latency(server, path, *flags):
        def once():
            with server() as process:
                text, _ = wrk(process.url(path), 1, "--latency", *flags)
                return {"median": milliseconds(text, "50%"), "p99": milliseconds(text, "99%")}

        return once

    go = workshop.program("go_server")
    need_nginx = workshop.needs((workshop.program("nginx"), "nginx from Debian"))
    need_go = workshop.needs((go, "go_server, built with golang-go"))
    health = Contest(rounds, quiet).run(
        workshop.available(
            {
                "ignareo": (None, rate(Node)),
                "nginx": (need_nginx, rate(workshop.Nginx)),
                "go": (need_go, rate(lambda: GoServer(go))),
            }
        )
    )
    task = Contest(rounds, quiet).run(
        workshop.available(
            {
                "ignareo": (None, latency(Node, "/tasks?wait=10", "-s", script)),
                "nginx, GET": (need_nginx, latency(workshop.Nginx, "/healthz")),
            }
        )
    )
    return [
        health.figure("api-healthz", "rate", "req/s", [Goal("nginx", 0.8)], higher_is_better=True),
        health.figure("api-healthz-cpu", "cpu", "server CPU ms/1000"),
        task.figure("api-task", "median", "ms", [Goal(limit=0.3)]),
        task.figure("api-task-p99", "p99", "ms"),
    ]


class GoServer(workshop.Process):
    def __init__(self, program):
        self.port = workshop.free_port()
        super().__init__(["env", "GOMAXPROCS=1", program, f"127.0.0.1:{self.port}"], workshop.SERVER_CORE)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def wrk(url, connections, *flags):
    command = [workshop.program("wrk"), "-t1", f"-c{connections}", f"-d{SECONDS}s", *flags, url]
    text, processor = workshop.output(command, workshop.CLIENT_CORE)
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk met failures at {url}: {text[-300:]}")
    return text, processor


def milliseconds(text, percentile):
    number, unit = re.search(rf"{percentile} +([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
