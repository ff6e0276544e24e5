"""Membership beside Debian's serf, the same profile for both: how soon a killed member is noticed, how soon a fresh
cluster agrees, and what an idle member costs.

Every member is a process of this machine. What a member notices is timed when its log line arrives here; both write a
line for each member that joins or dies. Ours sums up lines where many come in one second, so that what it has joined
is asked at /metrics instead: that can only make our time longer.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from . import workshop
from .contest import Contest
from .figure import Goal

SIZES = [5, 30]
# Members that are killed in each run, one after the other has been noticed by all.
KILLS = {5: 2, 30: 5}
PROFILE = "lan"
SETTLE_SECONDS = 3
IDLE_SECONDS = 10
LIMIT_SECONDS = 120


def measure(rounds, quiet):
    serf = workshop.program("serf")
    contest = Contest(rounds, quiet).run(
        workshop.available(
            {
                "ignareo": (None, lambda: live(Ours)),
                "serf": (workshop.needs((serf, "serf from Debian")), lambda: live(lambda *place: Serf(serf, *place))),
            }
        )
    )
    no_slower, half = [Goal("serf", 1)], [Goal("serf", 2)]
    figures = []
    for size in SIZES:
        figures += [
            contest.figure(f"gossip-{size}-first", f"first-{size}", "s", no_slower),
            contest.figure(f"gossip-{size}-last", f"last-{size}", "s", no_slower),
            contest.figure(f"gossip-{size}-agree", f"agree-{size}", "s", no_slower),
            contest.figure(f"gossip-{size}-processor", f"processor-{size}", "ms/s", half),
            contest.figure(f"gossip-{size}-resident", f"resident-{size}", "MiB", half),
            contest.figure(f"gossip-{size}-share", f"share-{size}", "MiB", half),
        ]
    return figures


def live(kind):
    """One cluster of each size, from its start to its end."""
    found = {}
    for size in SIZES:
        with Cluster(kind, size) as cluster:
            found[f"agree-{size}"] = cluster.agree()
            time.sleep(SETTLE_SECONDS)
            found |= {f"{measure}-{size}": value for measure, value in cluster.idle().items()}
            notices = [cluster.kill() for _ in range(KILLS[size])]
            found[f"first-{size}"] = sum(first for first, _ in notices) / len(notices)
            found[f"last-{size}"] = sum(last for _, last in notices) / len(notices)
    return found


class Cluster:
    def __init__(self, kind, size):
        self.kind, self.size = kind, size
        self.folder = tempfile.mkdtemp()
        self.selector = selectors.DefaultSelector()
        self.members = []

    def __enter__(self):
        try:
            self.started = time.monotonic()
            for number in range(self.size):
                seed = self.members[0].gossip if self.members else None
                member = self.kind(f"m{number}", seed, self.folder)
                os.set_blocking(member.process.stdout.fileno(), False)
                self.selector.register(member.process.stdout, selectors.EVENT_READ, member)
                self.members.append(member)
                # Nobody can join through the first one before it listens.
                if number == 0:
                    self.until(lambda: member.is_ready, "the first member is not ready")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for member in self.members:
            member.process.kill()
        for member in self.members:
            member.process.wait()
            member.process.stdout.close()
        self.selector.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, patience):
        """Hands the lines that have come to those who wrote them."""
        for key, _ in self.selector.select(patience):
            piece = key.fileobj.buffer.read1(65536) if hasattr(key.fileobj, "buffer") else key.fileobj.read(65536)
            if piece:
                key.data.take(piece, time.monotonic())
            else:
                self.selector.unregister(key.fileobj)

    def until(self, holds, complaint):
        limit = time.monotonic() + LIMIT_SECONDS
        while not holds():
            for member in self.members:
                if member.process.poll() is not None:
                    raise RuntimeError(f"{member.name} has ended by itself, with status {member.process.returncode}")
            if time.monotonic() > limit:
                raise RuntimeError(f"{complaint} after {LIMIT_SECONDS} s")
            self.read(0.02)

    def agree(self):
        """Seconds from the first process's start until every member lists all."""
        waiting = list(self.members)

        # One at a time: asking all of them again and again would be a load of its own.
        def agreed():
            while waiting and waiting[-1].counts(self.size):
                waiting.pop()
            return not waiting

        self.until(agreed, f"{len(waiting)} members do not list all")
        return time.monotonic() - self.started

    def idle(self):
        """Of the average member: milliseconds of processor a second; MiB that are resident, libraries' pages included
        that it has in common with every other process; and MiB of its share, where common pages are counted once."""
        before, start = [member.processor_seconds for member in self.members], time.monotonic()
        while time.monotonic() < start + IDLE_SECONDS:
            self.read(0.1)
        seconds = time.monotonic() - start
        used = sum(member.processor_seconds for member in self.members) - sum(before)
        memory = [member.memory for member in self.members]
        return {
            "processor": used / seconds / self.size * 1000,
            "resident": sum(resident for resident, _ in memory) / self.size / 1024,
            "share": sum(share for _, share in memory) / self.size / 1024,
        }

    def kill(self):
        """Seconds until the first and until the last of the others notices that one was killed."""
        victim = self.members.pop()
        killed = time.monotonic()
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        self.until(
            lambda: all(victim.name in member.deaths for member in self.members),
            f"the death of {victim.name} is not noticed by all",
        )
        times = [member.deaths[victim.name] - killed for member in self.members]
        return min(times), max(times)


class Member:
    """A process whose log comes by its standard output."""

    # A name in each, and nothing where the member is asked another way.
    died = joined = re.compile(rb"(?!)")

    def __init__(self, name, command):
        self.name = name
        self.rest = b""
        self.deaths, self.joins = {}, set()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def take(self, piece, now):
        *lines, self.rest = (self.rest + piece).split(b"\n")
        for line in lines:
            self.hear(line)
            if found := self.died.search(line):
                self.deaths.setdefault(found.group(1).decode(), now)
            elif found := self.joined.search(line):
                self.joins.add(found.group(1).decode())

    def hear(self, line):
        pass

    @property
    def processor_seconds(self):
        """Of all threads, to the nanosecond: an idle member uses less than the clock ticks of /proc/PID/stat show."""
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    @property
    def memory(self):
        """KiB that are resident, and KiB of its proportional share."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            text = file.read()
        return tuple(int(re.search(rf"^{name}: +(\d+) kB", text, re.MULTILINE).group(1)) for name in ("Rss", "Pss"))


class Ours(Member):
    died = re.compile(rb" member_died .*?\bname=(\S+)")
    ready = re.compile(rb'"http":"([^"]+)","gossip":"([^"]+)"')

    def __init__(self, name, seed, _folder):
        self.http = self.gossip = None
        command = [workshop.product("ignareo"), "node", "--name", name, "--http", "127.0.0.1:0"]
        command += ["--gossip", "127.0.0.1:0", "--profile", PROFILE] + (["--join", seed] if seed else [])
        super().__init__(name, command)

    def hear(self, line):
        if found := self.ready.search(line):
            self.http, self.gossip = (text.decode() for text in found.groups())

    @property
    def is_ready(self):
        return self.gossip is not None

    def counts(self, size):
        if not self.is_ready:
            return False
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        alive = re.findall(r'^ignareo_cluster_members\{[^}]*state="alive"[^}]*\} (\d+)', text, re.MULTILINE)
        return sum(map(int, alive)) == size


class Serf(Member):
    died = re.compile(rb"serf: EventMemberFailed: (\S+)")
    joined = re.compile(rb"serf: EventMemberJoin: (\S+)")
    # It takes no port 0, and what was free a moment ago may be free again.
    ports = set()

    def __init__(self, program, name, seed, _folder):
        self.is_ready = False
        self.gossip = f"127.0.0.1:{self.port()}"
        command = [program, "agent", "-node", name, "-bind", self.gossip, "-profile", PROFILE]
        command += ["-rpc-addr", f"127.0.0.1:{self.port()}"] + (["-join", seed] if seed else [])
        super().__init__(name, command)

    def port(self):
        while (port := workshop.free_port()) in self.ports:
            pass
        self.ports.add(port)
        return port

    def hear(self, line):
        self.is_ready |= b"agent: Serf agent starting" in line

    def counts(self, size):
        return len(self.joins) == size
