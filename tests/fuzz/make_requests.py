#!/usr/bin/env python3
"""make_requests.py FOLDER: writes what the fuzzer of the server starts from: requests, messages of WebSockets, files of tokens and users."""
import os
import struct
import sys


def websocket(opcode, payload, last=True):
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
    mask = b"\1\2\3\4"
    return bytes([opcode | (0x80 if last else 0)]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0CRC."
CONTROL = [b'{"subscribe":["a","b"]}', b'{"subscribe":"*","fps":2.5}', b'{"ack":3,"stream":"a"}', b'{"pause":true}', b'{"ping":[1,{"a":null}]}',
           b'{"request":"7","text":"{}","as":"lossless"}']
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n1\r\ne\r\n0\r\nTrailer: x\r\n\r\n"

REQUESTS = {
    "get": b"GET /ws%20x?stream=a%2Bb+c&fps=5 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "get-absolute": b"GET http://host:1/?action=stream HTTP/1.0\r\n\r\n",
    "post": b"POST /publish?stream=a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhellorest",
    "put-chunked": b"PUT /publish HTTP/1.1\r\nHost: x\r\n" + CHUNKED,
    "websocket-control": b"".join(websocket(1, text) for text in CONTROL),
    "websocket-parts": websocket(2, PNG[:9], last=False) + websocket(9, b"ping") + websocket(0, PNG[9:]) + websocket(8, struct.pack(">H", 1000) + b"bye"),
    "websocket-long": websocket(1, b"x" * 300),
    "picture-url": b"img=sq=data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAAS",
    "picture-keyed": b"img=" + PNG,
    "numbers": b"a1=sq=[1,-2.5e3,[0,3],[]]",
    "number": b"temp=21.5",
    "tokens": b"# comment\nsecret view *\nsecret  publish door [a-z]\r\n\nother view x\n",
    "users": b"# comment\nann:$2y$05$" + b"./AZaz09" * 6 + b"abcde\n\nbob:$2b$16$" + b"x" * 53 + b"\n",
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, request in REQUESTS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(request)
