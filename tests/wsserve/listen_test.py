"""Where wsserve listens: several places at once, and Unix sockets."""
import http.client
import os
import socket
import stat
import subprocess
import tempfile
import unittest

import harness
from harness import BIN, Server, WebSocket, eventually, frame, main

JPEG = b"\xff\xd8jpeg\xff\xd9"


class UnixServer(Server):
    """wsserve --listen unix:PATH, asked there."""

    def __init__(self, path, *arguments, **more):
        self.path = path
        super().__init__(*arguments, listen="unix:" + path, **more)

    def connect(self, receive_buffer=None):
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(harness.DEADLINE)
        raw.connect(self.path)
        return raw

    def get(self, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=harness.DEADLINE)
        connection.sock = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            answer.body = answer.read()
            return answer
        finally:
            connection.close()


def failure(*arguments):
    """(exit code, stderr) of a wsserve that cannot start."""
    done = subprocess.run([os.path.join(BIN, "wsserve"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=harness.DEADLINE)
    return done.returncode, done.stderr


class UnixSocket(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(folder.name, "socket")

    def test_pictures_come_by_it_and_it_goes_with_the_server(self):
        with UnixServer(self.path) as server:
            server.said(f"unix:{self.path} (")
            server.write(frame(JPEG))
            server.frames_in(1)
            self.assertEqual(server.get("/snapshot.jpg").body, JPEG)
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), JPEG)
            self.assertFalse(any("everybody" in line for line in server.lines))
        self.assertFalse(os.path.exists(self.path))

    def test_a_slow_viewer_there_gets_the_newest_too(self):
        with UnixServer(self.path) as server, WebSocket(server) as viewer:
            server.viewers(1)
            last = 300
            for number in range(1, last + 1):
                server.write(frame(JPEG + b"%06d" % number + bytes(20000), live=True))
            server.frames_in(last)
            seen = []
            while not seen or seen[-1] != last:
                seen.append(int(viewer.message()[len(JPEG):][:6]))
            self.assertEqual(seen, sorted(seen))
            self.assertLess(len(seen), 30)  # what the kernel holds, and the newest
            self.assertEqual(server.metric('drops_total{reason="replaced"}'), last - len(seen))

    def test_the_umask_says_who_may_connect(self):
        for mask, mode in ((0o077, 0o700), (0o007, 0o770)):
            with UnixServer(self.path, preexec=lambda mask=mask: os.umask(mask)):
                self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), mode)

    def test_a_proxy_there_has_names_of_its_own(self):
        with UnixServer(self.path) as server:
            self.assertEqual(server.get("/streams", headers={"Host": "pictures.example"}).status, 200)
            with WebSocket(server, origin="http://evil.example") as viewer:
                self.assertEqual(viewer.status, 403)

    def test_a_file_left_behind_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(self.path)
        with UnixServer(self.path) as server:
            self.assertEqual(server.get("/healthz").status, 503)
            server.process.kill()
            server.process.wait()
            server.expected_code = -9
        self.assertTrue(os.path.exists(self.path))
        with UnixServer(self.path) as server:
            self.assertEqual(server.get("/healthz").status, 503)

    def test_a_socket_in_use_is_not(self):
        with UnixServer(self.path) as server:
            self.assertEqual(failure("--listen", "unix:" + self.path),
                             (1, f"wsserve: cannot listen on unix:{self.path}: address already in use\n"))
            self.assertEqual(server.get("/healthz").status, 503)

    def test_nor_is_a_file_that_is_no_socket(self):
        with open(self.path, "w") as file:
            file.write("mine")
        self.assertEqual(failure("--listen", "unix:" + self.path)[0], 1)
        with open(self.path) as file:
            self.assertEqual(file.read(), "mine")

    def test_another_socket_in_its_place_stays(self):
        with UnixServer(self.path), socket.socket(socket.AF_UNIX) as other:
            os.unlink(self.path)
            other.bind(self.path)
        self.assertTrue(os.path.exists(self.path))

    def test_places_that_cannot_be(self):
        long = os.path.join(self.folder, "x" * 108)
        self.assertEqual(failure("--listen", "unix:" + long),
                         (1, f"wsserve: cannot listen on unix:{long}: a path of {len(long)} bytes, where a socket's can have 107\n"))
        self.assertEqual(failure("--listen", "unix:/nowhere/socket"),
                         (1, "wsserve: cannot listen on unix:/nowhere/socket: no such file or directory\n"))
        self.assertEqual(failure("--listen", "unix:")[0], 2)


class SeveralPlaces(unittest.TestCase):
    def test_one_stream_at_two_places(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            with Server("--listen", "unix:" + path) as server:
                server.said("unix:" + path)
                server.write(frame(JPEG))
                server.frames_in(1)
                self.assertEqual(server.get("/snapshot.jpg").body, JPEG)
                connection = http.client.HTTPConnection("localhost", timeout=harness.DEADLINE)
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.connect(path)
                connection.request("GET", "/snapshot.jpg")
                self.assertEqual(connection.getresponse().read(), JPEG)
                connection.close()

    def test_if_one_cannot_be_none_is(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            code, words = failure("--listen", "unix:" + path, "--listen", "unix:/nowhere/socket")
            self.assertEqual((code, words), (1, "wsserve: cannot listen on unix:/nowhere/socket: no such file or directory\n"))
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    main()
