"""Starting and joining 100,000 tasks on one loop, and what a parked one weighs."""

import json

from . import workshop
from .contest import Contest
from .figure import Goal

COUNT = "100000"


def measure(rounds, quiet):
    def run(command, environment=None):
        def once():
            figures = json.loads(workshop.output(command("spawn"), workshop.CLIENT_CORE, environment)[0])
            parked = json.loads(workshop.output(command("park"), workshop.CLIENT_CORE, environment)[0])
            return {"seconds": figures["secs"], "cpu": figures["cpu"], "bytes": parked["bytes_per_task"]}

        return once

    def python(kind):
        return run(lambda what: [workshop.PYTHON, f"{workshop.PEERS}/launch.py", kind, what, COUNT])

    go = workshop.program("go_launch")
    contest = Contest(rounds, quiet).run(
        workshop.available(
            {
                "ignareo": (None, run(lambda what: [workshop.product("Benchmark"), what, COUNT])),
                "asyncio": (workshop.needs((workshop.has_module("json"), "a virtual environment")), python("asyncio")),
                "uvloop": (workshop.needs((workshop.has_module("uvloop"), "uvloop from PyPI")), python("uvloop")),
                "gevent": (workshop.needs((workshop.has_module("gevent"), "gevent from PyPI")), python("gevent")),
                "go": (
                    workshop.needs((go, "go_launch, built with Debian's golang-go")),
                    run(lambda what: [go, what, COUNT], {"GOMAXPROCS": "1"}),
                ),
            }
        )
    )
    speed = [Goal("asyncio", 8), Goal("gevent", 15), Goal("go", 1)]
    return [
        contest.figure("spawn", "seconds", "s", speed),
        contest.figure("spawn-cpu", "cpu", "CPU s"),
        contest.figure("spawn-parked", "bytes", "B/task", [Goal(limit=1600)]),
    ]
