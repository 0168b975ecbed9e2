"""A LINE that takes everything after 50 ms: a process of its own, so that it costs the sender nothing."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import uuid

LATENCY = 0.05
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"x-line-retry-key: *([0-9a-f-]{36})", re.IGNORECASE)


class Stub:
    """Counts what it was sent, and how much of it at once."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._pushes = 0
        self._now = 0
        self._most = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _LENGTH.search(head)
                await reader.readexactly(int(found[1]) if found else 0)
                writer.write(await self._answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, head: bytes) -> bytes:
        if head.startswith(b"GET /counts"):
            body = {"pushes": self._pushes, "keys": len(self._keys), "most": self._most}
            return _response(json.dumps(body).encode())
        self._now += 1
        self._most = max(self._most, self._now)
        key = _KEY.search(head)
        self._keys.add(key[1] if key else b"")
        self._pushes += 1
        await asyncio.sleep(LATENCY)
        self._now -= 1
        return _response(b'{"sentMessages":[{"id":"461230966842064897","quoteToken":"q"}]}')


def _response(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"x-line-request-id: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main() -> None:
    """Listen on any free port of this machine and print it."""
    server = await asyncio.start_server(Stub().serve, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
