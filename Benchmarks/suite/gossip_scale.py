"""Membership at scale and under stress, in virtual time: `ignareo simulate membership`, so the figures are the
machine's own and the same on every computer. What members send, how fast news and a crash get about, by the size of the cluster;
and Lifeguard's experiment: whom it takes for dead who is not, where packets are lost or members stand still.

GOSSIP_SCALE_MEMBERS=10,100,1000,10000 sets the sizes; each member holds all others, so 10,000 need some 18 GB.
Draws Benchmarks/gossip-scale.svg, which the README shows.
"""

import concurrent.futures
import json
import os
import statistics
import sys

from . import scale_plot, workshop
from .figure import Figure, Goal

SIZES = [int(size) for size in os.environ.get("GOSSIP_SCALE_MEMBERS", "10,100,1000").split(",")]
# The Lifeguard paper's experiment has 128 members; so many false deaths are few enough to be counted one by one.
MEMBERS = 128
LOSSES = [0, 1, 5, 20]
PAUSES = [1, 5, 10]
# ours: Lifeguard, and time in which a process stood still does not count. paper: Lifeguard alone. swim: neither.
MACHINES = {"ours": "on", "paper": "paper", "swim": "off"}


def measure(rounds, quiet):
    runs = Runs(rounds, quiet)
    for size in SIZES:
        runs.plan(("load", size), "scale-load", size, seeds=1)
        runs.plan(("crash", size), "scale-crash", size, seeds=rounds if size <= 1000 else 1)
    for machine, part in MACHINES.items():
        for loss in LOSSES:
            runs.plan(("loss", loss, machine), f"scale-loss-{loss}", MEMBERS, part, seeds=rounds)
        for share in PAUSES:
            runs.plan(("pause", share, machine), f"scale-pause-{share}", MEMBERS, part, seeds=2 * rounds)
    reports = runs.finish()

    def stress(trouble, amounts):
        return {
            machine: {amount: deaths(reports[(trouble, amount, machine)]) for amount in amounts} for machine in MACHINES
        }

    data = {
        "sizes": {size: by_size(reports[("load", size)], reports[("crash", size)]) for size in SIZES},
        "loss": stress("loss", LOSSES),
        "pause": stress("pause", PAUSES),
    }
    picture = os.path.join(workshop.ROOT, "Benchmarks", "gossip-scale.svg")
    with open(picture, "w") as file:
        file.write(scale_plot.draw(data, MEMBERS))
    return figures(data)


class Runs:
    """Simulations side by side, one a core; a report each."""

    def __init__(self, rounds, quiet):
        self.quiet, self.plans = quiet, []

    def plan(self, key, scenario, members, lifeguard="on", seeds=1):
        for seed in range(1, seeds + 1):
            flags = ["--scenario", scenario, "--members", str(members), "--lifeguard", lifeguard, "--seed", str(seed)]
            self.plans.append((key, [workshop.product("ignareo"), "simulate", "membership", "--json", *flags]))

    def finish(self):
        reports, done = {}, 0
        with concurrent.futures.ThreadPoolExecutor(len(workshop.CORES)) as pool:
            # The longest first, so that no core is left with one of them at the end.
            plans = sorted(self.plans, key=lambda plan: -int(plan[1][plan[1].index("--members") + 1]))
            limit = 7200
            outputs = {pool.submit(workshop.output, command, limit=limit): key for key, command in plans}
            for output in concurrent.futures.as_completed(outputs):
                reports.setdefault(outputs[output], []).append(json.loads(output.result()[0]))
                done += 1
                if not self.quiet:
                    sys.stderr.write(f"\r\033[K  {done} of {len(plans)} simulations")
                    sys.stderr.flush()
        if not self.quiet:
            sys.stderr.write("\r\033[K")
        return reports


def by_size(load, crash):
    def median(name, part):
        return statistics.median(spread[part] for report in crash for spread in report[name])

    measured = load[0]["load"]
    return {
        "datagrams": measured["datagrams"],
        "datagram_bytes": measured["datagram_bytes"],
        "stream_bytes": measured["stream_bytes"],
        "detection": [median("detections", part) for part in ("first_s", "median_s", "last_s")],
        "news": [median("news", part) for part in ("first_s", "median_s", "last_s")],
    }


def deaths(reports):
    """How often somebody healthy was taken for dead in an hour of a cluster's life: by healthy members, and by all."""
    hours = len(reports) * 300 / 3600
    healthy = sum(report["false_deaths"]["of_healthy_at_healthy"] for report in reports)
    others = sum(report["false_deaths"]["of_healthy_at_afflicted"] for report in reports)
    return {"at_healthy": healthy / hours, "at_all": (healthy + others) / hours}


def figures(data):
    sizes = data["sizes"]
    small, large = SIZES[0], SIZES[-1]
    found = []

    def by_size(bench, unit, value, goals=()):
        others = {f"{size} members": value(sizes[size]) for size in SIZES[:-1]}
        found.append(Figure(f"gossip-scale-{bench}-{large}", unit, value(sizes[large]), others, goals=list(goals)))

    flat = [Goal(f"{small} members", 0.9)] if large > small else []
    by_size("datagrams", "a member a second", lambda size: size["datagrams"], flat)
    by_size("datagram-bytes", "B a member a second", lambda size: size["datagram_bytes"], flat)
    by_size("stream-bytes", "B a member a second", lambda size: size["stream_bytes"], flat)
    for place, part in enumerate(("first", "median", "last")):
        by_size(f"detection-{part}", "s", lambda size: size["detection"][place])
    by_size("dissemination-median", "s", lambda size: size["news"][1])
    by_size("dissemination-last", "s", lambda size: size["news"][2])
    for trouble, amounts in (("loss", LOSSES), ("pause", PAUSES)):
        for amount in amounts:
            for where in ("at_healthy", "at_all"):
                values = {machine: data[trouble][machine][amount][where] for machine in MACHINES}
                # Where SWIM alone is never wrong there is nothing to be fewer than.
                is_goal = where == "at_healthy" and trouble == "pause" and values["swim"] > 0
                found.append(
                    Figure(
                        f"gossip-scale-{trouble}-{amount}-deaths-{where.replace('_', '-')}",
                        "an hour",
                        values.pop("ours"),
                        values,
                        goals=[Goal("swim", 50)] if is_goal else [],
                    )
                )
    return found
