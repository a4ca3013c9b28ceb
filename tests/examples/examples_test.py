"""examples_test.py BIN: each script serves what its page would ask for, and leaves nothing behind."""
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, DEADLINE, Running, Server, WebSocket, eventually, main  # noqa: E402

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
PNG = b"\x89PNG\r\n\x1a\n"


class Script(Running):
    """A script of examples/, with a free port, and what all its programs say. It can be connected to like a Server."""

    host = None
    link = None

    def __init__(self, name, *arguments, options=()):
        self.folder = tempfile.TemporaryDirectory(prefix="framepipe-example-")
        environment = {"BIN": os.path.abspath(BIN), "TMPDIR": self.folder.name, "LC_ALL": "C.UTF-8"}
        super().__init__([os.path.join(SCRIPTS, name), *arguments, "--", "--listen", "127.0.0.1:0", *options], environment,
                         stdin=subprocess.DEVNULL, start_new_session=True)
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", self.said("wsserve: http://127.0.0.1:"))[1])

    connect = Server.connect
    http = Server.http
    get = Server.get

    def running(self):
        """Processes of the script that live: it leads a session."""
        found = subprocess.run(["ps", "-o", "stat=", "-s", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [line for line in found.stdout.split() if not line.startswith("Z")]

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(DEADLINE)
            if kind is None:
                eventually(lambda: not self.running(), "the end of all its programs")
                assert status == 0, f"status {status}: {self.lines}"
                left = os.listdir(self.folder.name)
                assert not left, f"left behind: {left}"
        finally:
            if self.running():
                os.killpg(self.process.pid, signal.SIGKILL)
            self._close()
            self.folder.cleanup()


class Examples(unittest.TestCase):
    def test_text_box(self):
        with Script("text-box", options=["--send-as", "raw"]) as server, WebSocket(server, "/") as page:
            page.send("Hello, 世界")
            pixels = page.message()
            self.assertEqual(len(pixels), 300 * 150 * 4)
            self.assertGreater(len(set(pixels[i:i + 4] for i in range(0, len(pixels), 4))), 2, "more than one colour")

    def test_image_sequence_of_its_own(self):
        with Script("image-sequence") as server, WebSocket(server, "/websocket") as page:
            pictures = [page.message() for _ in range(5)]
            self.assertTrue(all(picture.startswith(PNG) for picture in pictures))
            self.assertGreater(len(set(pictures)), 1)

    def test_image_sequence_of_somebody_elses_pictures_and_page(self):
        with tempfile.TemporaryDirectory(prefix="framepipe-example-") as folder:
            subprocess.run(f"'{BIN}/capture' test: --fps 0 --count 2 --size 32x32 | '{BIN}/encode' png -o '{folder}/chart%d.png'", shell=True, check=True)
            wanted = []
            for name in sorted(os.listdir(folder)):
                with open(os.path.join(folder, name), "rb") as picture:
                    wanted.append(picture.read())
            self.assertNotEqual(wanted[0], wanted[1])
            os.mkdir(os.path.join(folder, "web"))
            with open(os.path.join(folder, "web", "index.html"), "w", encoding="utf-8") as page:
                page.write("<!doctype html><title>mine</title>")
            with Script("image-sequence", os.path.join(folder, "chart%d.png"), options=["--web", os.path.join(folder, "web")]) as server:
                self.assertIn(b"mine", server.get("/").body)
                with WebSocket(server, "/websocket") as page:
                    got = [page.message() for _ in range(4)]
                self.assertIn(got, (wanted * 2, wanted[::-1] * 2))

    def test_hub(self):
        with Script("hub") as server, WebSocket(server, "/") as page:
            picture = next(text for text in iter(page.message, None) if text.startswith("img="))
            head, data = picture.split(",", 1)
            self.assertEqual(head, "img=sq=data:image/jpeg;base64")
            self.assertTrue(base64.b64decode(data).startswith(b"\xff\xd8\xff"))
            numbers = next(text for text in iter(page.message, None) if not text.startswith("img="))
            self.assertTrue(numbers.startswith("a1=sq="), numbers)
            self.assertEqual(len(json.loads(numbers[6:])), 8)
            self.assertTrue(server.get("/snapshot.jpg").body.startswith(b"\xff\xd8\xff"))

    def test_video_feed(self):
        # A stream from elsewhere is opened and closed as a camera is.
        camera = subprocess.Popen([os.path.join(BIN, "capture"), "test:", "--size", "160x120"], stdout=subprocess.PIPE)
        self.addCleanup(camera.wait)
        self.addCleanup(camera.kill)
        with Server(stdin=camera.stdout) as elsewhere:
            elsewhere.frames_in(1)
            with Script("video-feed", f"http://127.0.0.1:{elsewhere.port}/stream.mjpg", options=["--idle-close", "300ms"]) as server:
                elsewhere.viewers(0)
                for _ in range(2):
                    self.watch(server)
                    elsewhere.viewers(0)
                server.said("started, since somebody watches")
                server.said("stopped: nobody has watched for 0.3 s")
            elsewhere.viewers(0)
        camera.stdout.close()

    def watch(self, server):
        """Gets three pictures."""
        raw = server.connect()
        raw.sendall(b"GET /video_feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        data = b""
        while data.count(b"\xff\xd8\xff") < 3:
            piece = raw.recv(65536)
            self.assertTrue(piece, data[:500])
            data += piece
        raw.close()
        self.assertIn(b"Content-Type: multipart/x-mixed-replace", data)

    def test_help_and_wrong_usage(self):
        for name in ("text-box", "image-sequence", "hub", "video-feed"):
            done = subprocess.run([os.path.join(SCRIPTS, name), "--help"], capture_output=True, text=True, timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"examples/{name} ", done.stdout)
        done = subprocess.run([os.path.join(SCRIPTS, "text-box"), "hello"], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (2, "text-box: options of wsserve stand after --: hello\n"))


if __name__ == "__main__":
    main()
