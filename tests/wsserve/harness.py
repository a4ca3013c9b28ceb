"""Runs the real wsserve with a pipe that the test writes into, and talks to it over plain sockets."""
import base64
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import framing  # noqa: E402

BIN = sys.argv.pop(1) if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]) else os.environ.get("FRAMEPIPE_BIN", "build/dev/bin")
DEADLINE = 20
ADDRESS = re.compile(r"https?://\S*:(\d+)/|unix:/")
SANITIZER = re.compile(r"(Address|Thread|Leak|UndefinedBehavior|Memory)Sanitizer|runtime error: ")


def frame(payload=b"", type="image/jpeg", **header):
    return framing.frame({"type": type, **header}, payload)


def parse_frame(data):
    """(header, payload) of a whole frame."""
    (one,) = framing.frames_of(data)
    return one


def picture(level=128, width=16, height=16, **header):
    """A frame of pixels, gray, of one level."""
    return frame(bytes([level] * (width * height * 3)), "image/x-raw", format="rgb24", width=width, height=height, **header)


def eventually(question, what="the expected state"):
    """The first answer that is true; fails when none comes in time."""
    end = time.monotonic() + DEADLINE
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come; the last answer was {answer!r}")
        time.sleep(0.01)


def ask(connection, path, method="GET", headers=None, body=None):
    """The answer, with its body, by an http.client connection that is closed then."""
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer
    finally:
        connection.close()


class Running:
    """A command that runs while the test does things around it. Its pipes are not buffered.

    lines  what it has said on stderr
    """

    def __init__(self, command, env=None, **more):
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, bufsize=0, env={**os.environ, **(env or {})}, **more)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode().rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close()

    def _close(self):
        self.reader.join(DEADLINE)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def write(self, data):
        self.process.stdin.write(data)

    def said(self, words):
        return eventually(lambda: next((line for line in self.lines if words in line), None), f"a line with {words!r} among {self.lines}")

    def end(self):
        """(status, what it said), when it ends, at the latest for the end of its input."""
        if self.process.stdin:
            self.process.stdin.close()
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return status, self.lines


class Server(Running):
    """wsserve ARGUMENTS, listening on a port of its own.

    link   what viewers come by (links.py); the test's own questions do not
    start  words in front of the command, which run it
    """

    def __init__(self, *arguments, stdin=subprocess.PIPE, env=None, listen="127.0.0.1:0", preexec=None, link=None, start=(), **more):
        self.link = link
        self.host = None  # what clients call it, if not by its address
        self.expected_code = 0
        command = [*start, os.path.join(BIN, "wsserve"), *(["--listen", listen] if listen else []), *arguments]
        if link:
            command = link.command([command[0], "--listen", link.listen, *arguments])
        tsan = {"TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", "atexit_sleep_ms=0")}
        super().__init__(command, stdin=stdin, stdout=subprocess.PIPE, env={**tsan, **(env or {})}, preexec_fn=preexec, **more)
        line = eventually(lambda: next((one for one in self.lines if ADDRESS.search(one)), None) or (self.process.poll() is not None and " "), "the address")
        match = ADDRESS.search(line)
        if not match:
            self._end()
            raise AssertionError(f"no address: {self.lines}")
        self.port = int(match[1]) if match[1] else None

    def __exit__(self, kind, *_):
        self._end()
        if kind is None:  # else the test has failed already, and says more
            code = self.process.returncode
            assert code == self.expected_code, f"wsserve ended with {code}, not {self.expected_code}: {self.lines}"
        report = next((i for i, line in enumerate(self.lines) if SANITIZER.search(line)), None)
        assert report is None, "a sanitizer complains:\n" + "\n".join(self.lines[report:])

    def _end(self):
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("wsserve did not end within 5 s")
        finally:
            self._close()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        begin = time.monotonic()
        code = self.process.wait(10)
        return code, time.monotonic() - begin

    def http(self):
        """What get() asks by."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        if self.link:
            connection.sock = self.link.connect_here(self.port)
        return connection

    def get(self, path, method="GET", headers=None, body=None):
        return ask(self.http(), path, method, headers, body)

    def connect(self, receive_buffer=None):
        if self.link:
            return self.link.connect(self.port)
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(DEADLINE)
        raw.connect(("127.0.0.1", self.port))
        return raw

    def metric(self, name):
        """The sum of a metric's samples; `name` may hold labels."""
        text = self.get("/metrics").body.decode()
        found = [line for line in text.split("\n") if line.startswith("framepipe_" + name) and not line.startswith("#")]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def streams(self):
        return json.loads(self.get("/streams").body)["streams"]

    def frames_in(self, count):
        """Waits until so many frames have come in."""
        eventually(lambda: self.metric("frames_in_total") >= count, f"{count} frames")

    def viewers(self, count):
        eventually(lambda: self.metric("viewers") == count, f"{count} viewers")


class Closed(Exception):
    pass


class WebSocket:
    """A client that does nothing by itself."""

    def __init__(self, server, path="/ws", protocol=None, origin=None, receive_buffer=None, headers=()):
        self.socket = server.connect(receive_buffer)
        self.rest = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {server.host or f'127.0.0.1:{server.port}'}", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers]
        if protocol:
            lines.append(f"Sec-WebSocket-Protocol: other, {protocol}")
        if origin:
            lines.append(f"Origin: {origin}")
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode())
        self.head = self._until(b"\r\n\r\n").decode()
        self.status = int(self.head.split()[1])
        if self.status == 101:
            accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            assert f"Sec-WebSocket-Accept: {accept}\r\n" in self.head, self.head

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _fill(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise Closed
        self.rest += data

    def _until(self, mark):
        while mark not in self.rest:
            self._fill()
        end = self.rest.index(mark) + len(mark)
        head, self.rest = self.rest[:end], self.rest[end:]
        return head

    def _take(self, size):
        while len(self.rest) < size:
            self._fill()
        data, self.rest = self.rest[:size], self.rest[size:]
        return data

    def read(self):
        """(opcode, payload) of the next frame."""
        first, second = self._take(2)
        assert second < 128, "a server's frames are not masked"
        size = second
        if size == 126:
            size, = struct.unpack(">H", self._take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self._take(8))
        assert first & 0xF0 == 0x80, "a fragment, or reserved bits"
        return first & 15, self._take(size)

    def message(self):
        """The next text (str) or binary (bytes) message; pings are passed over."""
        while True:
            opcode, payload = self.read()
            if opcode in (1, 2):
                return payload.decode() if opcode == 1 else payload
            if opcode == 8:
                raise Closed(struct.unpack(">H", payload[:2])[0], payload[2:].decode())

    def closing(self):
        """(code, reason) of the close frame that comes after whatever else."""
        try:
            while True:
                self.message()
        except Closed as closed:
            return closed.args

    def send(self, payload, opcode=None, mask=b"\1\2\3\4", last=True):
        if opcode is None:
            opcode = 1 if isinstance(payload, str) else 2
        payload = payload.encode() if isinstance(payload, str) else payload
        head = bytes([opcode | (0x80 if last else 0)])
        bit = 0x80 if mask else 0
        if len(payload) < 126:
            head += bytes([bit | len(payload)])
        elif len(payload) < 65536:
            head += struct.pack(">BH", bit | 126, len(payload))
        else:
            head += struct.pack(">BQ", bit | 127, len(payload))
        if mask:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(head + (mask or b"") + payload)

    def control(self, **members):
        self.send(json.dumps(members))


def main():
    unittest.main(verbosity=1)
