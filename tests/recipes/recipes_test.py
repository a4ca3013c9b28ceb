"""The recipes of examples/README.md, as they stand there, with the peers that they are for."""
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "wsserve"))
import harness  # noqa: E402
from harness import BIN, Server, eventually, main  # noqa: E402

with open(os.path.join(SOURCE, "examples", "README.md"), encoding="utf-8") as file:
    TEXT = file.read()
ENVIRONMENT = {**os.environ, "PATH": os.path.abspath(BIN) + ":" + os.environ["PATH"], "PYTHONPATH": os.path.join(SOURCE, "examples")}
PATTERN = "test: --size 64x48"
PATIENCE = 3 * harness.DEADLINE  # ffmpeg looks long at a stream before it begins


def recipe(words, **changes):
    """The block of the text that contains these words; /dev/video0 is the test pattern, other things become what `changes` says."""
    found = [block for block in re.findall(r"^```\w+\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) if words in block]
    assert len(found) == 1, "%d blocks of examples/README.md have %r" % (len(found), words)
    text = found[0].strip().replace("/dev/video0", PATTERN).replace("python3 motion.py", sys.executable + " -B motion.py")
    for there, here in {"motion.py": os.path.join(SOURCE, "examples", "motion.py"), **changes}.items():
        text = text.replace(there, here)
    return text


class Running:
    """A line of the shell, until it is told to stop."""

    def __init__(self, line, folder=None):
        self.words = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["bash", "-c", line], env=ENVIRONMENT, cwd=folder, stdin=subprocess.DEVNULL, stdout=self.words,
                                        stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # The group, also after its shell has ended: what it left running goes too.
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.wait(harness.DEADLINE)
        if kind:
            print(self.said(), file=sys.stderr)
        self.words.close()

    def said(self):
        self.words.seek(0)
        return self.words.read()

    def end(self):
        """Waits for its own end, which must be a good one."""
        code = self.process.wait(PATIENCE)
        assert code == 0, "status %d: %s" % (code, self.said())


@contextlib.contextmanager
def pattern_server():
    with subprocess.Popen([os.path.join(BIN, "capture"), "test:", "--size", "64x48"], stdout=subprocess.PIPE) as source:
        with Server(stdin=source.stdout) as server:
            source.stdout.close()
            yield server


class Viewers(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(pattern_server())
        self.server.frames_in(1)
        self.here = "localhost:%d" % self.server.port

    def test_each_address_gives_what_its_program_takes(self):
        addresses = re.findall(r"`http://pi:8080(/\S+?)`", TEXT)
        self.assertGreaterEqual(len(addresses), 6)
        for path in addresses:
            connection = http.client.HTTPConnection("localhost", self.server.port, timeout=harness.DEADLINE)
            connection.request("GET", path)
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200, path)
            kind = answer.headers["Content-Type"]
            if "snapshot" in path:
                self.assertEqual((kind, answer.read(2)), ("image/jpeg", b"\xff\xd8"), path)
            else:
                # As all of them read it: the boundary that was said, and a JPEG of the length that was said.
                boundary = re.fullmatch(r"multipart/x-mixed-replace; ?boundary=(\S+)", kind)[1].encode()
                for _ in range(2):
                    lines = []
                    while not lines or lines[-1] != b"\r\n" or len(lines) < 2:
                        lines.append(answer.readline())
                    self.assertIn(boundary, b"".join(lines[:2]), path)
                    size = next(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length"))
                    picture = answer.read(size)
                    self.assertEqual((picture[:2], picture[-2:]), (b"\xff\xd8", b"\xff\xd9"), path)
            connection.close()

    def test_opencv_reads_it(self):
        code = recipe("cv2.VideoCapture", **{"pi:8080": self.here}) + "\nassert there and picture.shape == (48, 64, 3), picture\n"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)

    def test_ffmpeg_records_it(self):
        with tempfile.TemporaryDirectory() as folder:
            with Running(recipe("-c copy", **{"pi:8080": self.here, "-t 60": "-t 1"}), folder) as recording:
                recording.end()
            shown = subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,width,nb_read_packets", "-of", "json",
                                    os.path.join(folder, "door.mkv")], capture_output=True, check=True, timeout=PATIENCE)
            (stream,) = json.loads(shown.stdout)["streams"]
            self.assertEqual((stream["codec_name"], stream["width"]), ("mjpeg", 64))
            self.assertGreater(int(stream["nb_read_packets"]), 1)

    def test_capture_makes_files_of_it(self):
        with tempfile.TemporaryDirectory() as folder, Running(recipe("door-%05d.jpg", **{"pi:8080": self.here}), folder):
            eventually(lambda: len(os.listdir(folder)) > 2, "files")


class Rtsp(unittest.TestCase):
    """GStreamer's server is the peer."""

    def setUp(self):
        self.peer = subprocess.Popen([sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "rtsp_server.py")],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.peer.wait, harness.DEADLINE)
        self.addCleanup(self.peer.stdout.close)
        self.addCleanup(self.peer.stdin.close)
        self.here = "127.0.0.1:" + self.peer.stdout.readline().strip()

    def test_pushing_to_a_server(self):
        with Running(recipe("-f rtsp", **{"server:8554/door": self.here + "/push"})):
            for _ in range(3):
                self.assertEqual(self.peer.stdout.readline(), "picture 64x48\n")

    def test_taking_from_a_server(self):
        line = recipe("capture rtsp://", **{"server:8554/door": self.here + "/play"})
        with Running(line.replace("wsserve", "frames")) as taking:
            eventually(lambda: len(taking.said().splitlines()) > 2, "pictures")
            header = json.loads(taking.said().splitlines()[1])
        self.assertEqual((header["type"], header["width"], header["height"]), ("image/jpeg", 64, 48))


def still_and_moving():
    """Frames at 10 a second: one second of gray, a bright square for one picture, ten seconds of gray."""
    for number in range(111):
        rows = [[128] * 64 for _ in range(48)]
        if number == 10:
            for y in range(16, 32):
                rows[y][16:32] = [255] * 16
        yield harness.frame(bytes(sum(rows, [])), "image/x-raw", format="gray", width=64, height=48, seq=number, time_us=1_000_000_000 + number * 100_000,
                            live=True, meta={"place": "door"})


class Motion(unittest.TestCase):
    command = [sys.executable, "-B", os.path.join(SOURCE, "examples", "motion.py")]

    def passed(self, data):
        done = subprocess.run(self.command, input=data, capture_output=True, timeout=harness.DEADLINE, check=True)
        shown = subprocess.run([os.path.join(BIN, "frames")], input=done.stdout, capture_output=True, timeout=harness.DEADLINE, check=True)
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def test_a_still_picture_passes_not_once(self):
        frames = list(still_and_moving())
        self.assertEqual(self.passed(b"".join(frames[:10] + frames[11:])), [])

    def test_what_moves_passes_and_two_seconds_after_it(self):
        shown = self.passed(b"".join(still_and_moving()))
        # Until two seconds after the square has gone, too: that is a change as well, while the background has some of it.
        self.assertEqual(shown[0]["seq"], 10)
        self.assertEqual([header["seq"] for header in shown], list(range(10, 10 + len(shown))))
        self.assertIn(len(shown), range(20, 25))
        self.assertEqual(shown[0]["meta"]["place"], "door")
        self.assertAlmostEqual(shown[0]["meta"]["motion"], 4 / 48, 3)

    def test_encoded_pictures_are_refused_with_the_cure(self):
        done = subprocess.run(self.command, input=harness.frame(b"\xff\xd8"), capture_output=True, text=False, timeout=harness.DEADLINE)
        self.assertEqual((done.returncode, done.stderr), (1, b"motion.py: frames of image/jpeg; put `encode rgb24` before it\n"))

    def test_it_publishes(self):
        with Server("--publish", stdin=subprocess.DEVNULL) as server:
            with Running(recipe("motion.py", **{"server:8080": "localhost:%d" % server.port})):
                eventually(lambda: [stream for stream in server.streams() if stream["name"] == "door"], "the stream")


if __name__ == "__main__":
    main()
