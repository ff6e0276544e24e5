"""GETs with a Python client: fetch.py aiohttp|gevent-requests URL CONNECTIONS SECONDS.

Prints one line of JSON, counted after a warm-up.
"""

import json
import os
import resource
import sys
import time

kind, url, connections, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
if kind == "gevent-requests":
    from gevent import monkey

    monkey.patch_all()

answers = failures = 0
warm_up = 2 if connections > 200 else 0.5


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Window:
    def __init__(self):
        self.answers, self.processor, self.start = answers, processor_seconds(), time.monotonic()

    def finish(self):
        elapsed = time.monotonic() - self.start
        figures = {"n": answers - self.answers, "secs": elapsed, "cpu": processor_seconds() - self.processor, "err": failures}
        print(json.dumps(figures), flush=True)
        os._exit(0)


def count(is_whole):
    global answers, failures
    if is_whole:
        answers += 1
    else:
        failures += 1


def run_gevent():
    import gevent
    import requests

    def work():
        session = requests.Session()
        while True:
            try:
                response = session.get(url)
                count(response.status_code == 200 and len(response.content) > 0)
            except requests.RequestException:
                count(False)

    for _ in range(connections):
        gevent.spawn(work)
    gevent.sleep(warm_up)
    window = Window()
    gevent.sleep(seconds)
    window.finish()


async def run_aiohttp():
    import asyncio

    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work():
            while True:
                async with session.get(url) as response:
                    body = await response.read()
                    count(response.status == 200 and len(body) > 0)

        tasks = [asyncio.create_task(work()) for _ in range(connections)]
        await asyncio.sleep(warm_up)
        window = Window()
        await asyncio.sleep(seconds)
        window.finish()
        del tasks


if kind == "gevent-requests":
    run_gevent()
else:
    import uvloop

    uvloop.run(run_aiohttp())
