"""Runs contenders in turn, A B C A B C, so that a machine whose speed drifts treats all alike; medians count."""

import statistics
import sys

from .figure import Figure


class Contest:
    def __init__(self, rounds, quiet):
        self.rounds, self.quiet = rounds, quiet
        self.results = {}

    def run(self, contenders):
        """contenders: name -> a function that gives {measure: number}. Ours is called "ignareo"."""
        for round_number in range(self.rounds):
            for name, contender in contenders.items():
                if not self.quiet:
                    sys.stderr.write(f"\r\033[K  round {round_number + 1} of {self.rounds}: {name}")
                    sys.stderr.flush()
                for measure, number in contender().items():
                    self.results.setdefault(measure, {}).setdefault(name, []).append(number)
        if not self.quiet:
            sys.stderr.write("\r\033[K")
        return self

    def figure(self, bench, measure, unit, goals=(), higher_is_better=False, ours="ignareo", without=()):
        numbers = self.results[measure]
        medians = {name: statistics.median(values) for name, values in numbers.items()}
        spread = {("ignareo" if name == ours else name): (min(values), max(values)) for name, values in numbers.items()}
        return Figure(
            bench=bench,
            unit=unit,
            value=medians[ours],
            peers={name: value for name, value in medians.items() if name != ours and name not in without},
            higher_is_better=higher_is_better,
            goals=list(goals),
            spread=spread,
        )
