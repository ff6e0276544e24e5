"""What a benchmark finds: one number of ours beside the same number of each peer."""

import json
from dataclasses import dataclass, field


@dataclass
class Goal:
    """At least so many times better than a peer, or a limit on our own value."""

    peer: str = ""
    ratio: float = 0
    limit: float = 0

    def text(self):
        return f"{self.ratio:g} x {self.peer}" if self.peer else f"{self.limit:g}"


@dataclass
class Figure:
    bench: str
    unit: str
    value: float
    peers: dict
    higher_is_better: bool = False
    goals: list = field(default_factory=list)
    # Lowest and highest of the runs, by name; ours is "ignareo".
    spread: dict = field(default_factory=dict)

    def ratio(self, peer):
        """How many times better we are than the peer: faster, smaller, cheaper."""
        theirs = self.peers[peer]
        better, other = (self.value, theirs) if self.higher_is_better else (theirs, self.value)
        return better / other if other else float("inf")

    def met(self, goal):
        """None where the peer is missing."""
        if not goal.peer:
            return self.value >= goal.limit if self.higher_is_better else self.value <= goal.limit
        return self.ratio(goal.peer) >= goal.ratio if goal.peer in self.peers else None

    def line(self):
        ratios = {peer: round(self.ratio(peer), 3) for peer in self.peers}
        value = {"bench": self.bench, "value": rounded(self.value), "unit": self.unit}
        value["peers"] = {peer: rounded(theirs) for peer, theirs in self.peers.items()}
        value["ratio"] = ratios
        return json.dumps(value)

    def table(self):
        rows = [("", self.unit, "lowest", "highest", "we are")]
        for name, value in [("ignareo", self.value), *self.peers.items()]:
            low, high = self.spread.get(name, (value, value))
            times = "" if name == "ignareo" else f"{self.ratio(name):.2f} x"
            rows.append((name, *(f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}" for number in (value, low, high)), times))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [f"{self.bench}: {'more' if self.higher_is_better else 'less'} is better"]
        for row in rows:
            cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
            lines.append("  " + "  ".join(cells).rstrip())
        for goal in self.goals:
            verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met(goal)]
            lines.append(f"  goal: {'at least' if goal.peer or self.higher_is_better else 'at most'} {goal.text()}: {verdict}")
        return "\n".join(lines)


def rounded(value):
    return float(f"{value:.5g}")
