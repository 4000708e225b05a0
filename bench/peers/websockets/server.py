"""The peer with Python's websockets: one process, asyncio with uvloop, and broadcast()."""

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import time
from urllib.parse import parse_qs, unquote, urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

MAX_MESSAGE = 64 * 1024
MAX_BUFFERED = 1024 * 1024  # unsent bytes of a member; above, it is closed


class Room:
    """One room. It exists until the process ends, so that its sequence continues after it was empty."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = 0
        self.slow = 0  # members that were closed because they read too slowly
        self.members: set[ServerConnection] = set()

    def publish(self, sender: str, text: str) -> None:
        """Numbers the message, encodes its JSON once and sends it to all members."""
        self.seq += 1
        envelope = {
            "sender": sender,
            "text": text,
            "room": self.name,
            "timestamp": time.time_ns() // 1_000_000,
            "seq": self.seq,
        }
        self.close_slow()
        broadcast(self.members, json.dumps(envelope, separators=(",", ":"), ensure_ascii=False))

    def close_slow(self) -> None:
        """broadcast() has no limit, and a ping waits behind a full buffer without a timeout."""
        for member in [m for m in self.members if m.transport.get_write_buffer_size() > MAX_BUFFERED]:
            self.slow += 1
            self.members.discard(member)
            member.transport.abort()


class Server:
    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}

    async def handle(self, connection: ServerConnection) -> None:
        url = urlsplit(connection.request.path)
        try:
            if url.path == "/echo/raw":
                await echo(connection)
            elif match := re.fullmatch(r"/ws/chat/([^/]*)", url.path):
                user = parse_qs(url.query).get("username", ["Anonymous"])[0]
                await self.chat(connection, unquote(match[1]) or "general", user)
            else:
                await connection.close(CloseCode.POLICY_VIOLATION, "not found")
        except ConnectionClosed:
            pass

    async def chat(self, connection: ServerConnection, name: str, user: str) -> None:
        room = self.rooms.setdefault(name, Room(name))
        room.members.add(connection)
        try:
            while True:
                message = await connection.recv()
                if isinstance(message, str):
                    room.publish(user, message)
        finally:
            room.members.discard(connection)


async def echo(connection: ServerConnection) -> None:
    while True:
        await connection.send(await connection.recv())


async def main(host: str, port: int, ping_period: int | None) -> None:
    server = Server()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    listener = await serve(
        server.handle,
        host,
        port,
        compression=None,
        max_size=MAX_MESSAGE,
        ping_interval=ping_period,
        ping_timeout=ping_period,
    )
    host, port = listener.sockets[0].getsockname()
    print(f"peer websockets serves http://{host}:{port}/", flush=True)
    await stop.wait()
    if slow := sum(room.slow for room in server.rooms.values()):
        print(f"websockets closed {slow} slow clients", file=sys.stderr)
    os._exit(0)  # connections end with the process


def seconds(text: str) -> int | None:
    if not re.fullmatch(r"\d+s?", text):
        raise argparse.ArgumentTypeError(f"{text}: whole seconds, as in 15s")
    return int(text.removesuffix("s")) or None


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(allow_abbrev=False)
    arguments.add_argument("--listen", default="127.0.0.1:0", help="host:port; port 0 means a free port")
    arguments.add_argument("--ping-period", type=seconds, default="15s", help="time between pings to a client; 0s: none")
    options = arguments.parse_args()
    host, _, port = options.listen.rpartition(":")
    uvloop.run(main(host, int(port), options.ping_period))
