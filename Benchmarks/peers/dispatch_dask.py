"""dask.distributed: a scheduler and two workers as processes of their own, futures gathered as they complete.

dispatch_dask.py TASKS; prints the seconds and the CPU seconds of all processes.
"""

import os
import sys
import time

from processor import processor_seconds


def echo(value):
    return value


def main():
    from distributed import Client, LocalCluster

    count = int(sys.argv[1])
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(echo, range(100), pure=False))
            pids = [os.getpid(), *client.run(os.getpid).values()]
            text = "x" * 98
            before, start = processor_seconds(pids), time.monotonic()
            values = client.gather(client.map(echo, [text] * count, pure=False))
            seconds, used = time.monotonic() - start, processor_seconds(pids) - before
            if len(values) != count:
                raise SystemExit("not all tasks have their result")
            print(seconds, used)


if __name__ == "__main__":
    main()
