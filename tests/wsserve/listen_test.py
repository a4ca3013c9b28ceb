"""Where wsserve listens: several places at once, and Unix sockets."""
import http.client
import os
import shutil
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

    def http(self):
        connection = http.client.HTTPConnection("localhost", timeout=harness.DEADLINE)
        connection.sock = self.connect()
        return connection


def failure(*arguments):
    """(exit code, stderr) of a wsserve that cannot start."""
    done = subprocess.run([os.path.join(BIN, "wsserve"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=harness.DEADLINE)
    return done.returncode, done.stderr


class Usage(unittest.TestCase):
    def test_options_that_would_do_nothing(self):
        for path in ("/ws", "/websocket", "/publish", "/snapshot.jpg", "/streams", "/metrics", "/healthz", "/feed"):
            code, words = failure("--listen", "127.0.0.1:0", "--exit-on-eof", "--ws-path", "/feed", "--mjpeg-path", path)
            self.assertEqual((code, words.split("\n")[0]), (2, f"wsserve: --mjpeg-path {path}: something else is at this path"))
        code, words = failure("--listen", "127.0.0.1:0", "--exit-on-eof", "--takeover")
        self.assertEqual((code, words.split("\n")[0]), (2, "wsserve: --takeover goes with --publish: without it there are no producers"))


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


class PassedSockets(unittest.TestCase):
    """As systemd passes them: from descriptor 3 on, said in the environment."""

    def passed(self, listener, *arguments, words="LISTEN_PID=$$ LISTEN_FDS=1", **more):
        number = listener.fileno()
        move = f"3<&{number} {number}<&-" if number != 3 else ""
        return Server(*arguments, listen=None, start=["sh", "-c", f'{words} exec "$@" {move}', "sh"], pass_fds=[number], **more)

    def listener(self, family=socket.AF_INET, address=("127.0.0.1", 0)):
        listener = socket.socket(family)
        self.addCleanup(listener.close)
        listener.bind(address)
        listener.listen()
        return listener

    def test_a_passed_socket_is_listened_on_and_no_other(self):
        listener = self.listener()
        with self.passed(listener) as server:
            self.assertEqual(server.port, listener.getsockname()[1])
            self.assertIn(f"wsserve: http://127.0.0.1:{server.port}/ (this machine only)", server.lines)
            self.assertEqual(server.get("/healthz").status, 503)
            self.assertEqual(sum("http://" in line for line in server.lines), 1)

    def test_beside_a_place_of_its_own(self):
        listener = self.listener()
        with self.passed(listener, "--listen", "127.0.0.1:0") as server:
            line = server.said(f":{listener.getsockname()[1]}/")
            self.assertNotIn(f":{server.port}/", line)
            self.assertEqual(server.get("/healthz").status, 503)

    def test_a_passed_file_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            listener = self.listener(socket.AF_UNIX, path)
            with self.passed(listener) as server:
                server.said(f"unix:{path} ")
            self.assertTrue(os.path.exists(path))

    def test_the_environment_of_another_process_is_not_ours(self):
        with self.passed(self.listener(), "--listen", "127.0.0.1:0", words="LISTEN_PID=1 LISTEN_FDS=1") as server:
            self.assertEqual(sum("http://" in line for line in server.lines), 1)

    def test_children_get_neither_sockets_nor_words(self):
        listener = self.listener()
        script = 'ls -l /proc/self/fd >&2; echo "words:$LISTEN_PID$LISTEN_FDS$NOTIFY_SOCKET." >&2; cat >/dev/null'
        with self.passed(listener, "--respond", script, env={"NOTIFY_SOCKET": "/nowhere"}) as server:
            server.said("words:.")
            inode = os.fstat(listener.fileno()).st_ino
            self.assertFalse(any(f"[{inode}]" in line for line in server.lines), server.lines)

    def test_what_is_passed_must_listen(self):
        def failure_with(one, words="LISTEN_PID=$$ LISTEN_FDS=1"):
            with self.assertRaises(AssertionError) as caught:
                self.passed(one, words=words)
            return str(caught.exception)

        with socket.socket() as silent, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, open("/dev/null") as file:
            what = "cannot listen on descriptor 3, which was passed to us: "
            self.assertIn(what + "it is a connection, or does not listen", failure_with(silent))
            self.assertIn(what + "it is no stream socket", failure_with(datagrams))
            self.assertIn(what + "socket operation on non-socket", failure_with(file))
        listener = self.listener()
        self.assertIn("LISTEN_FDS is 'many', not 1 to 64", failure_with(listener, "LISTEN_PID=$$ LISTEN_FDS=many"))
        self.assertIn("cannot take descriptor", failure_with(listener, "LISTEN_PID=$$ LISTEN_FDS=60"))

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate here")
    def test_by_systemds_own_program(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", os.path.join(BIN, "wsserve")],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            def connection():
                try:
                    return socket.create_connection(("127.0.0.1", port))
                except ConnectionRefusedError:
                    return None

            with eventually(connection, "the activating program") as first:  # which starts the server
                first.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                self.assertIn(b"no frame has come yet", first.makefile("rb").read())
        finally:
            process.terminate()
            words = process.communicate(timeout=harness.DEADLINE)[1].decode()
        self.assertEqual(process.returncode, 0)
        self.assertIn(f"wsserve: http://127.0.0.1:{port}/ (this machine only)", words)


class Readiness(unittest.TestCase):
    """As sd_notify(3) says it."""

    def said_to(self, address):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.settimeout(harness.DEADLINE)
        manager.bind(address)
        name = manager.getsockname()
        with Server(env={"NOTIFY_SOCKET": "@" + name[1:].decode() if isinstance(name, bytes) else name}) as server:
            self.assertEqual(manager.recv(4096).decode(), "READY=1\nSTATUS=" + server.lines[0].removeprefix("wsserve: "))
            self.assertEqual(server.get("/healthz").status, 503)
            server.stop()
            self.assertEqual(manager.recv(4096), b"STOPPING=1")

    def test_by_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            self.said_to(os.path.join(folder, "notify"))

    def test_by_an_abstract_socket(self):
        self.said_to("")  # the kernel gives it a name

    def test_a_manager_that_is_gone_is_no_matter(self):
        for nowhere in ("/nowhere/notify", "@nowhere", "/" + "x" * 200, "vsock:2:1234"):
            with Server(env={"NOTIFY_SOCKET": nowhere}) as server:
                self.assertEqual(server.get("/healthz").status, 503)


if __name__ == "__main__":
    main()
