"""Celery with Redis: two workers of one process each, results read as they come.

dispatch_celery.py TASKS REDIS-SERVER; prints the seconds and the CPU seconds of all processes.
"""

import os
import subprocess
import sys
import tempfile
import time

from processor import processor_seconds

PORT = int(os.environ.get("DISPATCH_PORT", "0"))


def application():
    from celery import Celery

    url = f"redis://127.0.0.1:{PORT}/"
    app = Celery("dispatch_celery", broker=url + "0", backend=url + "1")
    app.conf.update(
        worker_prefetch_multiplier=200, worker_send_task_events=False, task_send_sent_event=False,
        worker_disable_rate_limits=True, broker_connection_retry_on_startup=True,
    )

    @app.task(name="echo")
    def echo(value):
        return value

    return app, echo


if PORT:
    app, echo = application()


def main():
    import socket

    if not PORT:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            os.environ["DISPATCH_PORT"] = str(listener.getsockname()[1])
        os.execv(sys.executable, [sys.executable, *sys.argv])
    count = int(sys.argv[1])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as folder:
        redis = subprocess.Popen([sys.argv[2], "--port", str(PORT), "--save", "", "--dir", folder], **quiet)
        workers = []
        try:
            time.sleep(0.5)
            command = [sys.executable, "-m", "celery", "-A", "dispatch_celery", "worker", "-P", "solo", "-l", "error"]
            place = os.path.dirname(os.path.abspath(__file__))
            workers = [subprocess.Popen([*command, "-n", f"w{i}"], cwd=place, **quiet) for i in range(2)]
            for result in [echo.delay("warm") for _ in range(20)]:
                result.get(timeout=60)
            pids = [os.getpid(), redis.pid, *(worker.pid for worker in workers)]
            text = "x" * 98
            before, start = processor_seconds(pids), time.monotonic()
            from celery import group

            values = group(echo.s(text) for _ in range(count)).apply_async().get(timeout=500)
            seconds, used = time.monotonic() - start, processor_seconds(pids) - before
            if len(values) != count:
                raise SystemExit("not all tasks have their result")
            print(seconds, used)
        finally:
            for process in [*workers, redis]:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
