"""producer.py URL: sends the JPEG frames on stdin to a hub, as data URLs, and a row of numbers after each."""
import asyncio
import base64
import json
import struct
import sys

import websockets


def numbers(picture):
    """Something to plot: how often bytes of each eighth of their range are in the file."""
    counts = [0] * 8
    for byte in picture:
        counts[byte >> 5] += 1
    return counts


async def main(url):
    async with websockets.connect(url, max_size=None) as hub:
        while prefix := await asyncio.to_thread(sys.stdin.buffer.read, 16):
            magic, header_size, payload_size = struct.unpack("<4sIQ", prefix)
            sys.stdin.buffer.read(header_size)
            picture = sys.stdin.buffer.read(payload_size)
            await hub.send("img=sq=data:image/jpeg;base64," + base64.b64encode(picture).decode())
            await hub.send("a1=sq=" + json.dumps(numbers(picture)))


try:
    asyncio.run(main(sys.argv[1]))
except (OSError, websockets.WebSocketException) as error:
    sys.exit(f"producer.py: {error}")
except KeyboardInterrupt:
    pass
