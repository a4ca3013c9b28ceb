"""capture from other servers: relay_test.py BIN. Chains of wsserve, MJPEG over HTTP, and servers that are none of ours."""
import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

import websockets  # noqa: E402
from harness import BIN, DEADLINE, Server, eventually, frame, main  # noqa: E402
from running import Capture  # noqa: E402

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d" b"\0\0\0\0IEND\xae\x42\x60\x82")


def address(server, rest="/ws"):
    return f"ws://127.0.0.1:{server.port}{rest}"


def relay(server, *arguments, rest="/ws"):
    """A wsserve of what `server` serves, and the capture between them."""
    between = subprocess.Popen([os.path.join(BIN, "capture"), address(server, rest)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    try:
        return Server(*arguments, stdin=between.stdout), between
    finally:
        between.stdout.close()


class Chain(unittest.TestCase):
    def end(self, process):
        if process.poll() is None:
            process.terminate()
        process.wait(DEADLINE)

    def test_a_tree_of_three_levels(self):
        source = subprocess.Popen([os.path.join(BIN, "capture"), "test:", "-s", "64x48", "--stream", "door"], stdout=subprocess.PIPE)
        self.addCleanup(self.end, source)
        with Server(stdin=source.stdout) as first:
            source.stdout.close()
            second, between = relay(first)
            self.addCleanup(self.end, between)
            with second:
                left, to_left = relay(second)
                right, to_right = relay(second, rest="/ws?stream=door")
                self.addCleanup(self.end, to_left)
                self.addCleanup(self.end, to_right)
                with left, right:
                    for leaf in (left, right):
                        with Capture(address(leaf), "-n", "40") as end:
                            headers = [end.frame()[0] for _ in range(40)]
                            self.assertEqual(end.end(), (0, []))
                        ages = sorted(header["stages"]["capture"] - header["time_us"] for header in headers)
                        print("median age after three levels: %.2f ms, most %.2f ms" % (ages[20] / 1e3, ages[-1] / 1e3))
                        self.assertEqual({header["stream"] for header in headers}, {"door"})
                        self.assertTrue(all(header["live"] for header in headers))
                        for before, after in zip(headers, headers[1:]):
                            steps = after["seq"] - before["seq"]
                            self.assertGreater(steps, 0)
                            # The number and the time are still those of the source.
                            self.assertAlmostEqual(after["time_us"] - before["time_us"], steps * 1e6 / 30, delta=4000)
                        # Late is what stands in a queue somewhere, not what a busy machine does to one picture.
                        self.assertLess(ages[20], 250_000)

    def test_headers_and_text_pass_as_they_are(self):
        with Server() as first:
            first.write(frame(PNG, "image/png", seq=7, time_us=1_000_000_000_000_000, live=True, meta={"who": "me"}, other=[1, 2]))
            with Capture(address(first)) as end:
                header, payload = end.frame()
                self.assertEqual(payload, PNG)
                self.assertEqual(set(header.pop("stages")), {"wsserve", "capture"})
                self.assertEqual(header, {"type": "image/png", "seq": 7, "time_us": 1_000_000_000_000_000, "live": True, "meta": {"who": "me"},
                                          "other": [1, 2]})
                first.write(frame("Grüße".encode(), "text/plain"))
                header, payload = end.frame()
                self.assertEqual((header["type"], payload.decode()), ("text/plain", "Grüße"))
                self.assertNotIn("live", header)

    def test_one_stream_or_all(self):
        with Server() as first:
            for name in ("a", "b", "c d"):
                first.write(frame(PNG, "image/png", stream=name, live=True))
            first.frames_in(3)
            with Capture(address(first, "/ws?stream=c%20d"), "-n", "1") as end:
                self.assertEqual(end.frame()[0]["stream"], "c d")
            with Capture(address(first), "-n", "1") as end:
                self.assertEqual(end.frame()[0]["stream"], "a")
            with Capture(address(first, "/ws?stream=b"), "--stream", "mine", "-n", "1") as end:
                self.assertEqual(end.frame()[0]["stream"], "mine")
            with Capture(address(first, "/ws?stream=*")) as end:
                self.assertEqual({end.frame()[0]["stream"] for _ in range(3)}, {"a", "b", "c d"})
                first.write(frame(PNG, "image/png", stream="later", live=True))
                self.assertEqual(end.frame()[0]["stream"], "later")

    def test_a_server_that_went_away_and_is_back(self):
        with Server() as first:
            first.write(frame(PNG, "image/png", live=True, seq=1))
            port = first.port
            with Capture(address(first)) as end:
                self.assertEqual(end.frame()[0]["seq"], 1)
                first.stop()
                end.said(f'ws://127.0.0.1:{port}/ws failed: the server closed the connection (1001): "the server ends"; waiting until it is back')
                with Server(listen=f"127.0.0.1:{port}") as again:
                    again.write(frame(PNG, "image/png", live=True, seq=5))
                    self.assertEqual(end.frame()[0]["seq"], 5)
                    end.process.terminate()
                    status, lines = end.end()
        self.assertEqual((status, lines[1:]), (0, [f"capture: ws://127.0.0.1:{port}/ws is back"]))

    def test_told_to_stop(self):
        # In silence, whatever it waits for: a picture, or the answer of a server that gives none.
        with Server() as first:
            first.write(frame(PNG, "image/png", live=True))
            for arguments in ([], ["--no-retry"]):
                with Capture(address(first), *arguments) as end:
                    end.frame()
                    end.process.terminate()
                    self.assertEqual(end.end(), (0, []))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            with Capture("ws://127.0.0.1:%d/" % silent.getsockname()[1]) as end:
                connection, _ = silent.accept()
                with connection:
                    connection.recv(1)
                    end.process.terminate()
                    self.assertEqual(end.end(), (0, []))

    def test_without_retry(self):
        with Server() as first:
            first.write(frame(PNG, "image/png", live=True))
            with Capture(address(first), "--no-retry") as end:
                end.frame()
                first.stop()
                self.assertEqual(end.end(), (1, [f'capture: {address(first)} failed: the server closed the connection (1001): "the server ends"']))

    def test_nobody_there(self):
        with Capture("ws://127.0.0.1:1/ws", "--no-retry") as end:
            self.assertEqual(end.end(), (1, ["capture: cannot connect to ws://127.0.0.1:1/ws: connection refused"]))
        with Capture("ws://:80/") as end:
            self.assertEqual(end.end(), (2, ["capture: not an address: ws://:80/; it has the form ws://host:port/path"]))
        with Server() as first:
            with Capture(address(first, "/nowhere")) as end:
                status, lines = end.end()
        self.assertEqual(status, 1)
        self.assertIn("/nowhere: the server answers \"404", lines[0])

    def test_a_server_may_be_started_later(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            port = place.getsockname()[1]
            at = f"ws://127.0.0.1:{port}/ws"
            with Capture(at) as stopped:
                stopped.said("connection refused; waiting until it is there")
                stopped.process.terminate()
                self.assertEqual(stopped.end()[0], 0)
            end = Capture(at)
            end.said("connection refused; waiting until it is there")
        with end, Server(listen=f"127.0.0.1:{port}") as late:
            late.write(frame(PNG, "image/png", live=True, seq=5))
            self.assertEqual(end.frame()[0]["seq"], 5)
            end.process.terminate()
            self.assertEqual(end.end(), (0, [f"capture: cannot connect to {at}: connection refused; waiting until it is there",
                                             f"capture: {at} is there"]))

    def test_tokens(self):
        with Server(env={"FRAMEPIPE_TOKEN": "secret"}) as first:
            first.write(frame(PNG, "image/png", live=True))
            for url in (address(first), f"http://127.0.0.1:{first.port}/stream.mjpg?as=image"):
                with Capture(url) as end:
                    status, lines = end.end()
                    self.assertEqual(status, 1)
                    self.assertIn("a token", lines[0])
                with Capture(url, "-n", "1", env={"FRAMEPIPE_TOKEN": "secret"}) as end:
                    self.assertEqual(end.frame()[1], PNG)
                with tempfile.NamedTemporaryFile() as file:
                    file.write(b"secret\n")
                    file.flush()
                    with Capture(url, "-n", "1", "--token-file", file.name) as end:
                        self.assertEqual(end.frame()[1], PNG)

    def test_nobody_reads(self):
        # Demand travels through the chain: the server loses its viewer, and has it again.
        source = subprocess.Popen([os.path.join(BIN, "capture"), "test:", "-s", "64x48"], stdout=subprocess.PIPE)
        self.addCleanup(self.end, source)
        with Server(stdin=source.stdout) as first:
            source.stdout.close()
            with Capture(address(first), "--idle-close", "300ms", "-v") as end:
                end.frame()
                first.viewers(1)
                first.viewers(0)
                end.said("closed: nobody reads")
                before = end.frame()[0]["seq"]
                while end.frame()[0]["seq"] < before + 3:
                    pass
                first.viewers(1)
                end.said("opened again")

    def test_the_end_of_a_stream_passes(self):
        with Server() as first:
            first.write(frame(PNG, "image/png", stream="a", live=True) + frame(b"", "image/png", stream="a", end=True))
            with Capture(address(first)) as end:
                end.frame()
                first.write(frame(PNG, "image/png", stream="a", live=True, seq=9))
                while end.frame()[0].get("seq") != 9:
                    pass


class Foreign:
    """A WebSocket server of another make, in a thread: `talk` gets each connection."""

    def __init__(self, talk, **options):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._run(self._start(talk, options))
        self.port = self.server.sockets[0].getsockname()[1]

    async def _start(self, talk, options):
        return await websockets.serve(talk, "127.0.0.1", 0, **options)

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        async def end():
            self.server.close()
            await self.server.wait_closed()
        self._run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(DEADLINE)
        self.loop.close()


class Strangers(unittest.TestCase):
    def test_bare_messages_are_taken_for_what_they_are(self):
        async def talk(socket, *_):  # Debian 12 gives the path too
            for message in (PNG, "a word", b"\0\1\2"):
                await socket.send(message)
                await socket.ping()
                await taken.acquire()
            await socket.wait_closed()

        taken = asyncio.Semaphore(0)
        with Foreign(talk) as server:
            with Capture(f"ws://127.0.0.1:{server.port}") as end:
                for number, (type, payload) in enumerate((("image/png", PNG), ("text/plain", b"a word"), ("application/octet-stream", b"\0\1\2"))):
                    header, got = end.frame()
                    self.assertEqual((header["type"], got, header["seq"], header["live"]), (type, payload, number, True))
                    self.assertIn("time_us", header)
                    server.loop.call_soon_threadsafe(taken.release)
                self.assertEqual((header.get("width"), len(end.lines)), (None, 0))

    def test_all_streams_of_a_server_that_has_none(self):
        async def talk(socket, *_):  # Debian 12 gives the path too
            await socket.wait_closed()

        with Foreign(talk) as server:
            with Capture(f"ws://127.0.0.1:{server.port}/?stream=*") as end:
                status, lines = end.end()
        self.assertEqual(status, 1)
        self.assertIn("does not know framepipe.v1", lines[0])

    def test_only_what_is_read_is_acknowledged(self):
        acknowledged, sent = [], []

        async def talk(socket, *_):  # Debian 12 gives the path too
            try:
                while True:
                    # The first goes alone, so that it has been written before the others come.
                    while len(sent) < (acknowledged[-1] + 2 if acknowledged else 1):
                        sent.append(len(sent))
                        await socket.send(frame(PNG, "image/png", stream="s", seq=sent[-1], live=True))
                    words = json.loads(await socket.recv())
                    acknowledged.append(words["ack"] if words["stream"] == "s" else None)
            except websockets.ConnectionClosed:
                pass

        with Foreign(talk, subprotocols=["framepipe.v1"]) as server:
            with Capture(f"ws://127.0.0.1:{server.port}/", "--idle-close", "0") as end:
                # The first is in the pipe; the next two are here, the newer one in place of the other.
                eventually(lambda: sent == [0, 1, 2] and acknowledged == [1], "three frames")
                self.assertEqual([end.frame()[0]["seq"] for _ in range(2)][0], 0)
                eventually(lambda: len(sent) > 3)
                last = 0
                for _ in range(20):
                    seq = end.frame()[0]["seq"]
                    self.assertGreater(seq, last)
                    last = seq
                end.process.terminate()
                self.assertEqual(end.end(), (0, []))

    def test_what_breaks_the_rules(self):
        def said(message, *arguments, **options):
            async def talk(socket, *_):  # Debian 12 gives the path too
                await socket.send(message)
                await socket.wait_closed()

            with Foreign(talk, **options) as server:
                with Capture(f"ws://127.0.0.1:{server.port}/", "--no-retry", *arguments) as end:
                    status, lines = end.end()
            self.assertEqual((status, len(lines)), (1, 1))
            return lines[0]

        v1 = {"subprotocols": ["framepipe.v1"]}
        self.assertIn("a message is no frame", said(b"rubbish", **v1))
        self.assertIn("input ended inside the frame", said(frame(PNG)[:-1], **v1))
        self.assertIn("more than one frame", said(frame(PNG) * 2, **v1))
        self.assertIn("over the limit of 100000 (--max-frame)", said(frame(bytes(100_001)), "--max-frame", "100000", **v1))
        self.assertIn("over the limit of", said(bytes(300_000), "--max-frame", "100000"))

    def test_over_tls(self):
        folder = tempfile.mkdtemp(prefix="relay_test.")
        self.addCleanup(shutil.rmtree, folder)
        key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        async def talk(socket, *_):  # Debian 12 gives the path too
            await socket.send(PNG)
            await socket.wait_closed()

        with Foreign(talk, ssl=context) as server:
            with Capture(f"wss://localhost:{server.port}/", "-n", "1", env={"SSL_CERT_FILE": certificate}) as end:
                self.assertEqual(end.frame()[1], PNG)
                self.assertEqual(end.end(), (0, []))
            with Capture(f"wss://localhost:{server.port}/") as end:
                status, lines = end.end()
                self.assertEqual(status, 1)
                self.assertIn("certificate verify failed", lines[0])
            with Capture(f"wss://127.0.0.1:{server.port}/", env={"SSL_CERT_FILE": certificate}) as end:
                self.assertEqual(end.end()[0], 1)  # another name than the certificate's


class Http(unittest.TestCase):
    def test_a_server_that_went_away_and_is_back(self):
        with Server() as first:
            first.write(frame(PNG, "image/png", live=True, time_us=1_700_000_000_000_000))
            url = f"http://127.0.0.1:{first.port}/stream.mjpg"
            with Capture(url + "?as=image") as end:
                header, payload = end.frame()
                self.assertEqual((payload, header["time_us"]), (PNG, 1_700_000_000_000_000))
                first.process.kill()
                first.process.wait()
                first.expected_code = -signal.SIGKILL
                end.said("waiting until it is back")
                with Server(listen=f"127.0.0.1:{first.port}") as again:
                    again.write(frame(PNG, "image/png", live=True, time_us=1_700_000_000_500_000))
                    while end.frame()[0]["time_us"] != 1_700_000_000_500_000:
                        pass
                    end.process.terminate()
                    status, lines = end.end()
        self.assertEqual((status, len(lines)), (0, 2), lines)
        self.assertIn("is back", lines[1])


if __name__ == "__main__":
    main()
