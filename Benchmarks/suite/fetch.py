"""GETs of 100 bytes from nginx, body read, on one core: the public session API beside other clients."""

import json
import re

from . import workshop
from .contest import Contest
from .figure import Goal

SECONDS = 2.0


def measure(rounds, quiet):
    if not workshop.program("nginx"):
        raise SystemExit("fetch needs nginx: run Benchmarks/setup")
    figures = []
    with workshop.Nginx() as nginx:
        for connections in (64, 1000):
            figures += measure_at(connections, nginx, rounds, quiet)
    return figures


def measure_at(connections, nginx, rounds, quiet):
    contest = Contest(rounds, quiet).run(contenders(connections, nginx))
    name = f"fetch-{connections}"
    if connections == 64:
        rate, cpu = [Goal("wrk", 0.85), Goal("go", 2)], [Goal(limit=9)]
    else:
        rate, cpu = [Goal("wrk", 0.85), Goal("go", 2.5)], []
    return [
        contest.figure(name, "rate", "req/s", rate, higher_is_better=True),
        contest.figure(f"{name}-cpu", "cpu", "CPU ms/1000", cpu),
        contest.figure(
            f"{name}-libcurl", "rate", "req/s", higher_is_better=True, ours="ignareo-libcurl", without=("ignareo",)
        ),
        contest.figure(
            f"{name}-libcurl-cpu",
            "cpu",
            "CPU ms/1000",
            [Goal(limit=18)] if connections == 64 else [],
            ours="ignareo-libcurl",
            without=("ignareo",),
        ),
    ]


def contenders(connections, nginx):
    url = nginx.url("/small")
    common = [url, str(connections), str(SECONDS)]

    def client(*command, environment=None):
        def once():
            text, _ = workshop.output(list(command), workshop.CLIENT_CORE, environment)
            figures = json.loads(text)
            if figures["err"] > figures["n"] / 1000:
                raise RuntimeError(f"{command[0]} failed {figures['err']} times")
            return {"rate": figures["n"] / figures["secs"], "cpu": figures["cpu"] / figures["n"] * 1e6}

        return once

    def wrk():
        command = [workshop.program("wrk"), "-t1", f"-c{connections}", f"-d{SECONDS:.0f}s", url]
        text, processor = workshop.output(command, workshop.CLIENT_CORE)
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        return {"rate": float(re.search(r"Requests/sec: +([\d.]+)", text).group(1)), "cpu": processor / requests * 1e6}

    # A URL with a fragment is not plain enough for the loop's own engine.
    ours, peers, needs = workshop.product("Benchmark"), workshop.PEERS, workshop.needs
    epoll, curl, go = (workshop.program(name) for name in ("fetch_epoll", "fetch_curl", "go_fetch"))
    found = {
        "ignareo": (None, client(ours, "fetch", *common)),
        "ignareo-libcurl": (None, client(ours, "fetch", url + "#libcurl", *common[1:])),
        "wrk": (needs((workshop.program("wrk"), "wrk from Debian")), wrk),
        "epoll in C": (
            needs((epoll, "fetch_epoll, built with gcc")),
            client(epoll, str(nginx.port), "/small", str(connections), str(SECONDS)),
        ),
        "libcurl in C": (needs((curl, "fetch_curl, built with gcc")), client(curl, *common, "kept")),
        "go": (needs((go, "go_fetch, built with golang-go")), client(go, *common, environment={"GOMAXPROCS": "1"})),
        "aiohttp": (
            needs((workshop.has_module("aiohttp"), "aiohttp from PyPI"), (workshop.has_module("uvloop"), "uvloop from PyPI")),
            client(workshop.PYTHON, f"{peers}/fetch.py", "aiohttp", *common),
        ),
    }
    if connections == 64:
        found["libcurl in C, usual way"] = (needs((curl, "fetch_curl")), client(curl, *common, "usual"))
        found["gevent-requests"] = (
            needs((workshop.has_module("gevent"), "gevent from PyPI"), (workshop.has_module("requests"), "requests from PyPI")),
            client(workshop.PYTHON, f"{peers}/fetch.py", "gevent-requests", *common),
        )
        found["scrapy"] = (
            needs((workshop.has_module("scrapy"), "scrapy from PyPI")),
            client(workshop.PYTHON, f"{peers}/fetch_scrapy.py", *common),
        )
    return workshop.available(found)
