"""The units of systemd on this machine, without systemd as its first process: what its own checks say of them, and the command line
that they start."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "wsserve"))
import unittest  # noqa: E402

import harness  # noqa: E402
from harness import BIN, eventually, main  # noqa: E402

UNITS = os.path.join(SOURCE, "examples", "systemd")
MOST_EXPOSED = 2.0  # of 10


def unit_text():
    with open(os.path.join(UNITS, "framepipe@.service"), encoding="utf-8") as file:
        return re.sub(r"\\\n\s*", " ", file.read())


def command_line(instance):
    """The words for sh -fc that ExecStart= is, as systemd makes them of its line."""
    text = re.search(r"^ExecStart=/bin/sh -fc '(.*)'$", unit_text(), re.MULTILINE)[1]
    return text.replace("%i", instance).replace("$$", "$")


def environment(**settings):
    return {"PATH": BIN + ":/usr/bin:/bin", **settings}


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Where our programs and pages are installed, and nothing else of ours is needed.
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in "framepipe@.service", "framepipe@.socket":
            shutil.copy(os.path.join(UNITS, name), cls.folder)

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words], cwd=self.folder, capture_output=True, text=True, timeout=harness.DEADLINE)

    def test_systemd_understands_every_line(self):
        done = self.analyze("verify", "--man=no", "./framepipe@.service", "./framepipe@.socket")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_little_is_open_to_it(self):
        done = self.analyze("security", "--offline=true", "--no-pager", "./framepipe@.service")
        exposed = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
        self.assertLess(exposed, MOST_EXPOSED, done.stdout)


class Start(unittest.TestCase):
    def test_without_settings_it_says_where_they_belong(self):
        for settings in {}, {"PIPELINE": ""}:
            done = subprocess.run(["sh", "-fc", command_line("door")], env=environment(**settings), capture_output=True, text=True, timeout=harness.DEADLINE)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (
                78, "", "/etc/framepipe/door.conf is missing or sets no PIPELINE; /etc/framepipe/door.conf is an example\n"))

    def serving(self, **settings):
        return Service(environment(**settings))

    def test_the_pipeline_is_served(self):
        with self.serving(PIPELINE="capture test: --size 64x48 | encode jpeg", WSSERVE_OPTIONS="--listen localhost:0 --quality 50") as service:
            page = service.get("/snapshot.jpg")
            self.assertEqual(page[:2], b"\xff\xd8")

    def test_the_pipeline_is_started_again(self):
        with tempfile.TemporaryDirectory() as folder:
            runs = os.path.join(folder, "runs")
            with self.serving(PIPELINE='echo run >> "%s"; capture test: --size 64x48 -n 1' % runs, WSSERVE_OPTIONS="--listen localhost:0") as service:
                eventually(lambda: os.path.exists(runs) and os.path.getsize(runs) >= 2 * len("run\n"), "a second run")
                self.assertEqual(service.get("/snapshot.jpg")[:2], b"\xff\xd8")

    def test_it_runs_while_somebody_watches(self):
        with tempfile.TemporaryDirectory() as folder:
            runs = os.path.join(folder, "runs")
            pipeline = 'echo run >> "%s"; exec capture test: --size 64x48' % runs
            with self.serving(PIPELINE=pipeline, WSSERVE_OPTIONS="--listen localhost:0 --on-demand --idle-close 100ms") as service:
                self.assertFalse(os.path.exists(runs))
                for count in (1, 2):
                    self.assertEqual(service.get("/snapshot.jpg")[:2], b"\xff\xd8")
                    self.assertEqual(os.path.getsize(runs), count * len("run\n"))
                    eventually(lambda: b'"state":"idle"' in service.get("/streams"), "the end of the pipeline")

    def test_options_are_no_patterns(self):
        with self.serving(PIPELINE="capture test: --size 64x48", WSSERVE_OPTIONS="--listen localhost:0 --allow-origin *") as service:
            self.assertIn(b'"name":"door"', service.get("/streams"))

    def test_what_systemd_gives_is_for_the_server_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            words = os.path.join(folder, "words")
            with self.serving(PIPELINE='env > "%s"; capture test: --size 64x48' % words, WSSERVE_OPTIONS="--listen localhost:0",
                              NOTIFY_SOCKET="/nowhere", LISTEN_FDNAMES="x", FRAMEPIPE_TOKEN="secret") as service:
                self.assertEqual(service.get("/snapshot.jpg"), 401)
                service.get("/snapshot.jpg?token=secret")
                with open(words, encoding="utf-8") as file:
                    self.assertNotRegex(file.read(), "NOTIFY_SOCKET|LISTEN|secret")


class Service:
    """What the unit starts; its address is what it says first."""

    def __init__(self, env):
        self.process = subprocess.Popen(["sh", "-fc", command_line("door")], env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.address = re.search(r"http://\S+?:\d+", self.process.stderr.readline())[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=harness.DEADLINE)

    def get(self, path):
        def ask():
            try:
                with urllib.request.urlopen(self.address + path, timeout=harness.DEADLINE) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                return error.code != 503 and error.code  # 503: no picture yet
        return eventually(ask, path)


if __name__ == "__main__":
    main()
