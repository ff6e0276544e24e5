"""Starts N tasks and joins them, or parks them: launch.py asyncio|uvloop|gevent spawn|park N. Prints one line of JSON."""

import json
import os
import resource
import sys
import time


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Measurement:
    def __init__(self, count):
        self.count = count
        self.before = resident_bytes()
        self.processor = processor_seconds()
        self.start = time.monotonic()

    def finish(self):
        figures = {
            "n": self.count,
            "secs": time.monotonic() - self.start,
            "cpu": processor_seconds() - self.processor,
            "bytes_per_task": (resident_bytes() - self.before) / self.count,
        }
        print(json.dumps(figures), flush=True)
        # The parked ones need not be taken apart.
        os._exit(0)


def run_gevent(parks, count):
    import gevent

    gevent.sleep(0)
    begun = 0

    def work():
        nonlocal begun
        begun += 1
        if parks:
            gevent.sleep(3600)

    measurement = Measurement(count)
    greenlets = [gevent.spawn(work) for _ in range(count)]
    if parks:
        while begun < count:
            gevent.sleep(0)
    else:
        gevent.joinall(greenlets)
    measurement.finish()


def run_asyncio(run, parks, count):
    import asyncio

    begun = 0

    async def work():
        nonlocal begun
        begun += 1
        if parks:
            await asyncio.sleep(3600)

    async def main():
        measurement = Measurement(count)
        tasks = [asyncio.create_task(work()) for _ in range(count)]
        if parks:
            while begun < count:
                await asyncio.sleep(0)
        else:
            await asyncio.gather(*tasks)
        measurement.finish()

    run(main())


kind, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "gevent":
    run_gevent(what == "park", count)
elif kind == "uvloop":
    import uvloop

    run_asyncio(uvloop.run, what == "park", count)
else:
    import asyncio

    run_asyncio(asyncio.run, what == "park", count)
