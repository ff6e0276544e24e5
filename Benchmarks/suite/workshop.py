"""The machine, the peers that are installed on it, and the processes that a benchmark starts."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from peers.processor import processor_seconds

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(ROOT, "Benchmarks", "peers")
PLACE = os.path.join(ROOT, ".benchmarks")
PYTHON = os.path.join(PLACE, "venv", "bin", "python")
# sbin is no part of every user's path.
SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

CORES = sorted(os.sched_getaffinity(0))
# The client on one core, the server on the other.
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


def product(name):
    return os.path.join(ROOT, ".build", "release", name)


def program(name):
    """A peer that Benchmarks/setup has built, or a program of the system."""
    built = os.path.join(PLACE, name)
    return built if os.path.exists(built) else shutil.which(name, path=SEARCH)


def has_module(name):
    return os.path.exists(PYTHON) and subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True).returncode == 0


class Missing:
    """Peers that cannot be had here: named, not silently skipped."""

    names = {}

    @classmethod
    def note(cls, name, what):
        cls.names[name] = what


def available(contenders):
    """contenders: name -> (what it needs or None, function). Notes the missing ones and leaves them out."""
    found = {}
    for name, (need, contender) in contenders.items():
        if need is None:
            found[name] = contender
        else:
            Missing.note(name, need)
    return found


def needs(*conditions):
    """The first unmet of (is there, what it is)."""
    return next((what for is_there, what in conditions if not is_there), None)


def pinned(core, command):
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


def output(command, core=None, environment=None, limit=120):
    """What a process prints, and the CPU seconds that it used."""
    command = pinned(core, command) if core is not None else command
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env={**os.environ, **(environment or {})})
    after = os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with status {done.returncode}: {done.stderr[-500:]}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout, processor


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, limit=10):
    deadline = time.monotonic() + limit
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.0005)


class Process:
    """A server of a benchmark; ended at the end of a with block."""

    def __init__(self, command, core=None, ready=None):
        command = pinned(core, command) if core is not None else command
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.first_line = ""
        if ready is None:
            self.first_line = self.process.stdout.readline()
        else:
            wait_for_port(ready)
        self.start_seconds = time.monotonic() - self.started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    @property
    def tree(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    @property
    def resident_bytes(self):
        total = 0
        for pid in self.tree:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        return total

    @property
    def processor_seconds(self):
        return processor_seconds(self.tree)


class Nginx(Process):
    """One worker on the server's core that answers /small with 100 bytes and /healthz as a node does."""

    def __init__(self, core=SERVER_CORE):
        self.folder = tempfile.mkdtemp()
        self.port = free_port()
        body = "0123456789" * 10
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(
                f"""daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
                events {{ worker_connections 16384; }}
                http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
                  client_body_temp_path {self.folder}/body; proxy_temp_path {self.folder}/proxy;
                  fastcgi_temp_path {self.folder}/fastcgi; uwsgi_temp_path {self.folder}/uwsgi;
                  scgi_temp_path {self.folder}/scgi;
                  server {{ listen 127.0.0.1:{self.port} backlog=4096;
                    location /small {{ default_type text/plain; return 200 "{body}"; }}
                    location /healthz {{ default_type application/json; return 200 '{{"status":"alive"}}'; }} }} }}
                """
            )
        command = [program("nginx"), "-e", f"{self.folder}/error.log", "-c", f"{self.folder}/nginx.conf"]
        super().__init__(command, core, ready=self.port)

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def description():
    """The machine, in one line; its load says how far the figures can be trusted."""
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo") as file:
        memory = int(file.read().split()[1]) / 2**20
    load = ", ".join(f"{number:.2f}" for number in os.getloadavg())
    return (
        f"{model.group(1) if model else 'unknown processor'}, {len(CORES)} cores, {memory:.0f} GiB, "
        f"Linux {os.uname().release}, load {load}"
    )
