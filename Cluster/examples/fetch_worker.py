#!/usr/bin/env python3
"""A worker in Python: fetches a URL with plain blocking code. Only the standard library is used.

    ignareo node --worker "fetch=python3 Cluster/examples/fetch_worker.py" --worker-processes fetch=50
    {"task":"fetch","args":{"url":"http://example.net/"}}

A worker in any language is five lines, here in Python: a task comes as a line of JSON, an answer goes as one.

    for line in sys.stdin:
        task = json.loads(line)
        try: answer = {"id": task["id"], "value": work(task["args"])}
        except Exception as error: answer = {"id": task["id"], "error": {"message": str(error)}}
        print(json.dumps(answer), flush=True)

Standard output is for answers alone; say everything else on standard error, which goes into the node's log. The end of
standard input is the end of the worker. One process runs one task at a time (--worker-tasks allows more), so blocking
code needs no change; a task whose timeout_s is over ends its process with SIGTERM, and another one takes its place.
An error may have a code of the closed list (timeout, connect, dns, http_status, bad_arguments, ...) and say whether
trying again makes sense: {"message": "...", "code": "connect", "retryable": true}. Only a worker that is sure that its
task had no effect says "effect": false: then it may run again though its type is not repeatable.
"""

import json
import socket
import sys
import urllib.error
import urllib.request


def fetch(args):
    """args: {"url", "method"="GET", "headers"={}, "body", "timeout_s"=30}; gives {"status", "url", "body", "bytes"}."""
    body = args.get("body")
    request = urllib.request.Request(
        args["url"],
        method=args.get("method", "GET"),
        headers=args.get("headers", {}),
        data=None if body is None else body.encode(),
    )
    with urllib.request.urlopen(request, timeout=args.get("timeout_s", 30)) as answer:
        content = answer.read()
        text = content.decode(answer.headers.get_content_charset() or "utf-8", "replace")
        return {"status": answer.status, "url": answer.url, "body": text, "bytes": len(content)}


def failure(error):
    """What went wrong, with the code that tells the node what it was."""
    cause = getattr(error, "reason", error)
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, urllib.error.HTTPError):
        return {"message": f"{error.url} answered {error.code}", "code": "http_status", "retryable": error.code >= 500}
    if isinstance(cause, socket.gaierror):
        return {"message": message, "code": "dns"}
    if isinstance(cause, ConnectionRefusedError):
        return {"message": message, "code": "connect"}
    if isinstance(cause, TimeoutError):
        return {"message": message, "code": "timeout"}
    if isinstance(error, (KeyError, ValueError, TypeError, AttributeError)):
        return {"message": message, "code": "bad_arguments"}
    return {"message": message}


def main():
    for line in sys.stdin:
        task = json.loads(line)
        try:
            answer = {"id": task["id"], "value": fetch(task["args"])}
        except Exception as error:  # whatever it is, it is this task's own
            answer = {"id": task["id"], "error": failure(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
