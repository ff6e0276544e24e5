"""A WebSocket client of a node that shares no code with it: Debian's python3-websockets.

    python3 client.py HOST:PORT

Registers three tasks and takes their results, registers and cancels a fourth, sees a bad message refused, pings, and
closes. Prints what came as one JSON object.
"""

import asyncio
import json
import sys

import websockets


async def main(authority):
    seen = {"registered": [], "results": []}
    async with websockets.connect(f"ws://{authority}/socket", max_size=None) as socket:

        async def take():
            message = json.loads(await asyncio.wait_for(socket.recv(), timeout=60))
            if "result" in message:
                seen["results"].append(message["result"])
            return message

        async def answer():
            while "result" in (message := await take()):
                pass
            return message

        async def ask(message):
            await socket.send(json.dumps(message))
            return await answer()

        for number in range(3):
            task = {"task": "echo", "args": {"number": number, "text": "κόσμε"}, "id": f"mine-{number}"}
            seen["registered"].append((await ask({"register": task}))["registered"])
        while len(seen["results"]) < 3:
            await take()
        # In fragments, with a ping between the messages.
        text = json.dumps({"register": {"task": "sleep", "args": {"seconds": 600}, "id": "long"}})
        await socket.send(text[start : start + 7] for start in range(0, len(text), 7))
        long = (await answer())["registered"]
        await asyncio.wait_for(await socket.ping(), timeout=60)
        seen["cancelled"] = (await ask({"cancel": long["id"]}))["cancelled"]
        while len(seen["results"]) < 4:
            await take()
        seen["error"] = (await ask({"odd": 1}))["error"]
        await socket.send(b"binary")
        seen["binary"] = (await answer())["error"]
    seen["close_code"] = socket.close_code
    print(json.dumps(seen))


asyncio.run(main(sys.argv[1]))
