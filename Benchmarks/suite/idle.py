"""What a fresh node costs that does nothing: memory, start-up, and memory for each idle connection."""

import resource
import socket
import time

from . import workshop
from .api import GoServer, Node
from .contest import Contest
from .figure import Goal

CONNECTIONS = 10_000


def measure(rounds, quiet):
    # One descriptor for each connection at this end too.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < CONNECTIONS + 1000:
        raise SystemExit(f"idle opens {CONNECTIONS} connections, and this process may have {hard} descriptors: ulimit -Hn")

    def weigh(server):
        def once():
            with server() as process:
                time.sleep(0.3)
                fresh = process.resident_bytes
                connections = [opened(process.port) for _ in range(CONNECTIONS)]
                loaded = process.resident_bytes
                for connection in connections:
                    connection.close()
                return {
                    "memory": fresh / 2**20,
                    "start": process.start_seconds * 1e3,
                    "connection": (loaded - fresh) / CONNECTIONS,
                }

        return once

    go = workshop.program("go_server")
    contest = Contest(rounds, quiet).run(
        workshop.available(
            {
                "ignareo": (None, weigh(Node)),
                "nginx": (workshop.needs((workshop.program("nginx"), "nginx from Debian")), weigh(workshop.Nginx)),
                "go": (workshop.needs((go, "go_server, built with golang-go")), weigh(lambda: GoServer(go))),
            }
        )
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return [
        contest.figure("idle-memory", "memory", "MiB", [Goal(limit=25)]),
        contest.figure("idle-start", "start", "ms", [Goal(limit=50)]),
        contest.figure("idle-connection", "connection", "B", [Goal(limit=8192)]),
    ]


def opened(port):
    """A connection that has been used once."""
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = b""
    while b"alive" not in answer:
        piece = connection.recv(4096)
        if not piece:
            raise RuntimeError("a server closed a connection that it was to keep")
        answer += piece
    return connection
