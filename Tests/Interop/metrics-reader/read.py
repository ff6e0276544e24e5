"""Reads a node's metrics with the parsers of Prometheus' own client library: Debian's python3-prometheus-client.

    python3 read.py HOST:PORT

Runs three tasks, asks for the metrics in both formats, and prints what the parsers made of them as one JSON object: of
each format its content type, its families with their types, and its samples.
"""

import json
import sys
import urllib.request

from prometheus_client import parser
from prometheus_client.openmetrics import exposition, parser as openmetrics_parser

TASKS = [{"task": "echo"}, {"task": "fail"}, {"task": "sleep", "args": {"seconds": 0.01}}]


def ask(url, accept, body=None):
    headers = {"Accept": accept, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def read(url, accept, parse):
    content_type, text = ask(url, accept)
    families = list(parse(text))
    return {
        "content_type": content_type,
        "families": {family.name: family.type for family in families},
        "undocumented": [family.name for family in families if not family.documentation],
        "samples": {
            sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
            for family in families
            for sample in family.samples
        },
    }


def main(authority):
    base = f"http://{authority}"
    ask(f"{base}/tasks?wait=60", "*/*", json.dumps(TASKS).encode())
    seen = {
        "prometheus": read(f"{base}/metrics", "text/plain", parser.text_string_to_metric_families),
        "openmetrics": read(
            f"{base}/metrics", exposition.CONTENT_TYPE_LATEST, openmetrics_parser.text_string_to_metric_families
        ),
    }
    print(json.dumps(seen))


main(sys.argv[1])
