"""publish: publish_test.py BIN. Frames pushed to a wsserve, and to servers that refuse, stall or vanish."""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import DEADLINE, Server, WebSocket, eventually, frame, main, parse_frame  # noqa: E402
from pushing import PUBLISH, Publish  # noqa: E402


def server(*arguments, **more):
    return Server("--publish", *arguments, stdin=subprocess.DEVNULL, **more)


def url(at, path="/publish"):
    return f"ws://127.0.0.1:{at.port}{path}"


def run(*arguments, data=b"", env=None):
    done = subprocess.run([PUBLISH, *arguments], input=data, capture_output=True, timeout=30, env={**os.environ, **(env or {})})
    return done.returncode, done.stderr.decode().splitlines()


class Pushing(unittest.TestCase):
    def test_every_recorded_frame_gets_there(self):
        frames = b"".join(frame(b"%d" % n, seq=n) for n in range(300))
        with server() as at:
            self.assertEqual(run(url(at), data=frames), (0, []))
            self.assertEqual(at.metric("frames_in_total"), 300)
            self.assertEqual(at.get("/snapshot.jpg").body, b"299")
            eventually(lambda: at.streams()[0]["state"] == "ended", "the end of the stream")

    def test_frames_keep_their_headers_and_say_when_they_left(self):
        with server() as at, WebSocket(at, "/ws?stream=a", "framepipe.v1") as viewer:
            with Publish(url(at), "--stream", "a") as publish:
                publish.write(frame(b"x", seq=7, time_us=123, meta={"n": 1}, stages={"capture": 1}))
                while isinstance(message := viewer.message(), str):
                    pass
                header, payload = parse_frame(message)
                self.assertEqual((payload, header["seq"], header["time_us"], header["meta"]), (b"x", 7, 123, {"n": 1}))
                self.assertEqual(set(header["stages"]), {"capture", "publish", "wsserve"})
                self.assertEqual(publish.end(), (0, []))

    def test_the_stream_is_for_frames_that_name_none(self):
        name = "my door/ü&1"
        with server() as at:
            self.assertEqual(run(url(at, ""), "--stream", name, data=frame(b"x") + frame(b"y", stream="own")), (0, []))
            self.assertEqual([s["name"] for s in at.streams()], [name, "own"])

    def test_a_token(self):
        with tempfile.TemporaryDirectory() as folder:
            token = os.path.join(folder, "token")
            with open(token, "w") as file:
                file.write("s3cret\n")
            with server("--publish-token-file", token) as at:
                status, lines = run(url(at), data=frame(b"x"))
                self.assertEqual((status, len(lines), "--token-file" in lines[0]), (1, 1, True))
                self.assertEqual(run(url(at), "--token-file", token, data=frame(b"x")), (0, []))
                self.assertEqual(run(url(at), data=frame(b"x"), env={"FRAMEPIPE_TOKEN": "s3cret"}), (0, []))

    def test_stopped_it_ends_well(self):
        with server() as at, Publish(url(at)) as publish:
            publish.write(frame(b"x"))
            at.frames_in(1)
            for number in (signal.SIGTERM,):
                publish.process.send_signal(number)
                self.assertEqual(publish.process.wait(DEADLINE), 0)


class Trouble(unittest.TestCase):
    def test_no_server(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            status, lines = run(f"ws://127.0.0.1:{free.getsockname()[1]}/publish", data=frame(b"x"))
        # Said before too if the end of the input was not known yet.
        self.assertEqual((status, len(lines) <= 2), (1, True), lines)
        self.assertRegex(lines[-1], "the last frames did not get there: cannot connect to .*: connection refused")
        status, lines = run("ws://no-such-host.invalid/", "--wait", data=frame(b"x"))
        self.assertEqual((status, len(lines), "cannot find the host" in lines[0]), (1, 1, True), lines)

    def test_frames_over_our_limit(self):
        with server() as at:
            status, lines = run(url(at), "--max-frame", "1000", "--wait", data=frame(b"1") + frame(bytes(1001)) + frame(bytes(3_000_000)) + frame(b"2"))
            self.assertEqual((status, lines), (1, ["publish: a frame on stdin is over the limit of 1000 bytes (--max-frame); left out",
                                                   "publish: 2 frames were left out"]))
            self.assertEqual((at.metric("frames_in_total"), at.get("/snapshot.jpg").body), (2, b"2"))

    def test_a_server_that_takes_no_frames(self):
        with Server() as at:
            status, lines = run(url(at), data=frame(b"x"))
            self.assertEqual((status, len(lines), "--publish would admit it" in lines[0]), (1, 1, True))
        with server() as at:
            self.assertEqual(run(url(at, "/nothing"), data=frame(b"x"))[0], 1)

    def test_an_address_for_viewers(self):
        for arguments in ([], ["--hub"]):
            with server(*arguments) as at:
                for size in (1, 100_000, 30_000_000):
                    for more in ([], ["--wait"], ["--stream", "q"]):
                        for count in (1, 3):
                            status, lines = run(url(at, "/ws"), *more, data=frame(b"x" * size) * count)
                            self.assertEqual((status, len(lines)), (1, 1), lines)
                            query = "?stream=q" if "q" in more else ""
                            words = f"publish: {url(at, '/ws')}{query} is for viewers and takes no frames; try: publish {url(at)}"
                            self.assertEqual(lines, [words], (size, more, count))
                self.assertEqual(at.streams(), [])
                with WebSocket(at, "/ws", "framepipe.v1") as viewer:
                    viewer.send(frame(b"x"))
                    code, words = viewer.closing()
                    self.assertEqual((code, "/publish" in words), (1003, True), words)

    def test_another_producer_is_there(self):
        with server() as at, WebSocket(at, "/publish?stream=a") as other:
            other.send("x")
            at.frames_in(1)
            status, lines = run(url(at), "--stream", "a", data=frame(b"x"))
            self.assertEqual((status, len(lines), "another producer feeds stream" in lines[0]), (1, 1, True))

    def test_another_producer_takes_over(self):
        with server("--takeover") as at, Publish(url(at), "--stream", "a") as publish:
            publish.write(frame(b"x"))
            at.frames_in(1)
            with WebSocket(at, "/publish?stream=a") as other:
                publish.said("another producer feeds stream")
                self.assertEqual(publish.process.wait(DEADLINE), 1)
                other.send("y")
                at.frames_in(2)

    def test_a_frame_that_the_server_finds_too_large(self):
        with server("--max-frame", "1000") as at:
            status, lines = run(url(at), data=frame(b"x" * 1001))
            self.assertEqual((status, len(lines), "--max-frame" in lines[0]), (1, 1, True))

    def test_a_broken_input(self):
        with server() as at:
            status, lines = run(url(at), data=frame(b"whole") + frame(b"cut short")[:-2])
            self.assertEqual((status, len(lines), "input ended inside the frame" in lines[0]), (1, 1, True))
            self.assertEqual(at.get("/snapshot.jpg").body, b"whole")

    def test_wrong_usage(self):
        for arguments in ([], ["http://127.0.0.1/publish"], ["127.0.0.1"], ["ws://a", "--nothing"], ["ws://127.0.0.1:70000"],
                          ["ws://127.0.0.1:0"], ["ws://127.0.0.1:"], ["mqtt://127.0.0.1:70000"], ["mqtt://127.0.0.1:0"], ["mqtt://127.0.0.1:"]):
            self.assertEqual(run(*arguments)[0], 2, arguments)
        self.assertEqual(run("ws://127.0.0.1:1/", "--token-file", "/nowhere")[0], 1)


class Again(unittest.TestCase):
    def test_a_server_may_be_started_later(self):
        for arguments in ([], ["--wait"]):
            with socket.socket() as place:
                place.bind(("127.0.0.1", 0))
                port = place.getsockname()[1]
                publish = Publish(f"ws://127.0.0.1:{port}/", *arguments)
                publish.write(frame(b"first"))
                publish.said("connection refused; it is tried again")
            if arguments:  # its input has ended long before that
                publish.process.stdin.close()
            with Server("--publish", stdin=subprocess.DEVNULL, listen=f"127.0.0.1:{port}") as late:
                late.frames_in(1)
                self.assertEqual(late.get("/snapshot.jpg").body, b"first")
                self.assertEqual(publish.end()[0], 0)
            self.assertEqual(len(publish.lines), 2, publish.lines)
            self.assertTrue(publish.lines[1].endswith("/publish takes frames"), publish.lines)

    def test_a_server_that_is_started_later_and_refuses(self):
        with socket.socket() as place:
            place.bind(("127.0.0.1", 0))
            publish = Publish("ws://127.0.0.1:%d/" % place.getsockname()[1])
            publish.write(frame(b"first"))
            publish.said("connection refused; it is tried again")
            address = "127.0.0.1:%d" % place.getsockname()[1]
        with Server(listen=address):
            publish.said("--publish would admit it")
            self.assertEqual(publish.end()[0], 1)

    def test_a_server_that_comes_back_gets_all_that_it_missed(self):
        with Server("--publish", stdin=subprocess.DEVNULL) as first:
            port = first.port
            publish = Publish(url(first), "--wait")
            publish.write(frame(b"before"))
            first.frames_in(1)
        publish.said("it is tried again")
        for n in range(10):
            publish.write(frame(b"%d" % n))
        publish.process.stdin.close()
        with Server("--publish", stdin=subprocess.DEVNULL, listen=f"127.0.0.1:{port}") as second:
            self.assertEqual(publish.process.wait(DEADLINE), 0)
            publish.reader.join(DEADLINE)
            publish.process.stderr.close()
            self.assertEqual(second.metric("frames_in_total"), 10)
            self.assertEqual(second.get("/snapshot.jpg").body, b"9")
        self.assertEqual(len(publish.lines), 2, publish.lines)
        self.assertIn("takes frames again", publish.lines[1])

    def test_without_wait_the_end_is_not_put_off_for_a_server_that_is_gone(self):
        with server() as at:
            publish = Publish(url(at))
            publish.write(frame(b"before"))
            at.frames_in(1)
        publish.said("it is tried again")
        publish.write(frame(b"never seen"))
        status, lines = publish.end()
        self.assertEqual((status, len(lines)), (1, 2))
        self.assertIn("did not get there", lines[1])

    def test_live_pictures_give_way_to_the_newest(self):
        with server() as at:
            port = at.port
            publish = Publish(url(at), "--wait", "--verbose")
            publish.write(frame(b"before", live=True))
            at.frames_in(1)
        publish.said("it is tried again")
        for n in range(200):
            publish.write(frame(b"%d" % n, live=True))
        publish.process.stdin.close()
        with Server("--publish", stdin=subprocess.DEVNULL, listen=f"127.0.0.1:{port}") as second:
            self.assertEqual(publish.process.wait(DEADLINE), 0)
            self.assertEqual(second.get("/snapshot.jpg").body, b"199")
            self.assertLess(second.metric("frames_in_total"), 10)
        publish.said("pictures gave way to newer ones")
        publish.reader.join(5)
        publish.process.stderr.close()


if __name__ == "__main__":
    main()
