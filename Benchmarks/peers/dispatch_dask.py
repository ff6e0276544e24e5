"""dask.distributed: a scheduler and two workers as processes of their own, futures gathered as they complete.

dispatch_dask.py TASKS; prints the seconds and the CPU seconds of all processes.
"""

import os
import sys
import time


def echo(value):
    return value


def processor(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def main():
    from distributed import Client, LocalCluster

    count = int(sys.argv[1])
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.gather(client.map(echo, range(100), pure=False))
            pids = [os.getpid(), *client.run(os.getpid).values()]
            text = "x" * 98
            before, start = processor(pids), time.monotonic()
            values = client.gather(client.map(echo, [text] * count, pure=False))
            seconds, used = time.monotonic() - start, processor(pids) - before
            if len(values) != count:
                raise SystemExit("not all tasks have their result")
            print(seconds, used)


if __name__ == "__main__":
    main()
