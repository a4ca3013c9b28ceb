"""Sources: commands that wsserve runs, and whose frames are streams."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import BIN, Closed, Server, WebSocket, eventually, frame, main, parse_frame, picture

COMMAND = os.path.join(BIN, "wsserve")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def giving(self, data, name="frames"):
        """A command that gives this and stays."""
        return f"cat {self.file(name, data)}; exec sleep 1000"

    def counting(self, name="runs"):
        """A command that gives the number of its run as a picture, and stays; its shell's number is in a file."""
        script = ("import json, os, struct, sys\n"
                  f"open({self.path(name)!r}, 'a').write(f'{{os.getppid()}}\\n')\n"
                  f"payload = b'run %d' % len(open({self.path(name)!r}).readlines())\n"
                  "head = json.dumps({'type': 'image/jpeg'}).encode()\n"
                  "sys.stdout.buffer.write(b'FPF1' + struct.pack('<IQ', len(head), len(payload)) + head + payload)\n")
        return f"python3 {self.file(name + '.py', script.encode())}; sleep 1000; :"

    def runs(self, name="runs"):
        """The shells of the runs so far."""
        try:
            with open(self.path(name)) as file:
                return [int(line) for line in file if line.endswith("\n")]
        except FileNotFoundError:
            return []


def state(server, name):
    return next(stream["state"] for stream in server.streams() if stream["name"] == name)


def running(server, name="door"):
    return server.metric('source_running{stream="%s"}' % name) == 1


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def processes_with(word):
    """Those whose command line has this word."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if word.encode() in file.read().split(b"\0") and is_alive(pid):
                    found.append(int(pid))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Mjpeg:
    def __init__(self, server, path="/stream.mjpg"):
        self.socket = server.connect()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def part(self):
        size = None
        while size is None or line.strip():
            line = self.file.readline()
            if not line:
                raise Closed
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        return self.file.read(size)


class Usage(unittest.TestCase):
    def test_a_source_that_is_none_is_wrong_usage(self):
        for arguments, words in (
            (["--source", "door"], "--source door: a source is NAME=CMD, a stream's name and the command that gives its frames"),
            (["--source", "=cat"], "--source =cat: there is no name before the ="),
            (["--source", "door="], "--source door=: there is no command after the ="),
            (["--source", "door=  "], "--source door=  : there is no command after the ="),
            (["--source", "a=cat", "--source", "b=cat", "--source", "a=sort"], '--source: the name "a" is given twice'),
            ([word for i in range(257) for word in ("--source", f"s{i}=cat")], "--source is given 257 times; there can be 256 streams"),
        ):
            done = subprocess.run([COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr.decode()), (2, f"wsserve: {words}\n"))

    def test_idle_close_needs_something_that_it_is_about(self):
        for arguments in (["--idle-close", "3s"], ["--idle-close", "3s", "--on-demand"], ["--idle-close", "3s", "--source", "a=cat"]):
            done = subprocess.run([COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr.decode(), r"^wsserve: [^\n]*--idle-close[^\n]*\n$")


class Streams(Case):
    def test_sources_are_listed_from_the_start_in_their_order(self):
        with Server("--source", "door=exec sleep 1000", "--source", "chart=exec sleep 1000", stdin=subprocess.DEVNULL) as server:
            self.assertEqual([(one["name"], one["state"]) for one in server.streams()], [("door", "waiting"), ("chart", "waiting")])
            health = server.get("/healthz")
            self.assertEqual((health.status, health.body), (503, b"no frame has come yet\n"))

    def test_on_demand_they_are_idle_and_healthy(self):
        with Server("--source", "door=exec sleep 1000", "--on-demand", stdin=subprocess.DEVNULL) as server:
            self.assertEqual([(one["name"], one["state"]) for one in server.streams()], [("door", "idle")])
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertFalse(running(server))

    def test_frames_are_the_sources_whatever_stream_they_name(self):
        data = frame(b"one", stream="other", seq=7, time_us=5) + frame(stream="other", end=True) + frame(b"two")
        with Server("--source", f"door={self.giving(data)}", stdin=subprocess.DEVNULL) as server:
            server.frames_in(2)
            self.assertEqual([(one["name"], one["state"]) for one in server.streams()], [("door", "live")])
            with WebSocket(server, "/ws?stream=door", protocol="framepipe.v1") as viewer:
                while isinstance(message := viewer.message(), str):
                    pass
                header, payload = parse_frame(message)
                self.assertEqual((header["stream"], header["seq"], payload), ("door", 8, b"two"))
                self.assertIn("time_us", header)

    def test_plain_lines_and_pictures_of_other_programs_are_frames(self):
        with Server("--source", "temp=echo 21.5; exec sleep 1000", "--source", "jpegs=" + self.giving(b"\xff\xd8\xff\xd9" * 3), stdin=subprocess.DEVNULL) as server:
            server.frames_in(4)
            self.assertEqual([one["type"] for one in server.streams()], ["text/plain", "image/jpeg"])

    def test_stdin_and_producers_go_beside_them(self):
        with Server("--source", f"door={self.giving(frame(b'door'))}", "--publish") as server:
            server.write(frame(b"from the pipe"))
            server.frames_in(2)
            self.assertEqual(server.get("/publish?stream=pushed", "POST", body=b"pushed").status, 200)
            self.assertEqual({one["name"] for one in server.streams()}, {"door", "", "pushed"})
            self.assertEqual(server.get("/snapshot.jpg?as=image").body, b"from the pipe")
            self.assertEqual(server.get("/snapshot.jpg?as=image&stream=door").body, b"door")
            server.write(frame(b"mine", stream="door"))
            server.said('cannot take stream "door"')

    def test_a_source_that_starts_is_started_with_the_server_only_once(self):
        with Server("--source", f"door={self.counting()}", stdin=subprocess.DEVNULL) as server:
            server.frames_in(1)
            with WebSocket(server, "/ws?stream=door") as viewer:
                self.assertEqual(viewer.message(), b"run 1")
            self.assertEqual(len(server.lines), 1, server.lines)


class OnDemand(Case):
    def serve(self, *arguments, **more):
        return Server("--source", f"door={self.counting()}", "--source", f"chart={self.counting('charts')}", "--on-demand", "--idle-close", "200ms",
                      "--mjpeg-path", "/video_feed", *arguments, stdin=subprocess.DEVNULL, **more)

    def check(self, watch):
        """watch(server, expected) is a viewer who sees the picture expected, and then leaves."""
        with self.serve() as server:
            for run in (1, 2):
                watch(server, b"run %d" % run)
                server.said("door: stopped: nobody has watched for 0.2 s")
                eventually(lambda: state(server, "door") == "idle" and not running(server), "rest")
                eventually(lambda: not is_alive(self.runs()[-1]), "the end of the command")
                self.assertEqual(len(self.runs()), run)
            words = ["wsserve: door: started, since somebody watches", "wsserve: door: stopped: nobody has watched for 0.2 s"] * 2
            eventually(lambda: server.lines[1:] == words, f"{words}, beside {server.lines}")
            self.assertEqual(self.runs("charts"), [])
            self.assertEqual(server.metric("source_restarts_total"), 0)

    def test_by_a_websocket(self):
        def watch(server, expected):
            with WebSocket(server, "/ws?stream=door") as viewer:
                self.assertEqual(viewer.message(), expected)
                self.assertEqual(state(server, "door"), "live")
        self.check(watch)

    def test_by_one_that_names_no_stream(self):
        def watch(server, expected):
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), expected)
        self.check(watch)

    def test_by_mjpeg_at_a_path_of_the_users(self):
        def watch(server, expected):
            with Mjpeg(server, "/video_feed?as=image") as viewer:
                self.assertEqual(viewer.part(), expected)
        self.check(watch)

    def test_by_a_snapshot(self):
        self.check(lambda server, expected: self.assertEqual(server.get("/snapshot.jpg?as=image").body, expected))

    def test_by_a_subscription(self):
        def watch(server, expected):
            with WebSocket(server, "/ws?stream=none", protocol="framepipe.v1") as viewer:
                viewer.control(subscribe=["door"])
                while isinstance(message := viewer.message(), str):
                    pass
                self.assertEqual(parse_frame(message)[1], expected)
        self.check(watch)

    def test_by_a_subscription_to_all(self):
        with self.serve() as server, WebSocket(server, "/ws?stream=none", protocol="framepipe.v1") as viewer:
            viewer.control(subscribe="*")
            seen = set()
            while len(seen) < 2:
                if not isinstance(message := viewer.message(), str):
                    seen.add(parse_frame(message)[0]["stream"])
            viewer.control(pause=True)  # who pauses does not watch
            server.said("door: stopped: nobody")
            server.said("chart: stopped: nobody")
            viewer.control(pause=False)
            payloads = []
            while len(payloads) < 2:
                if not isinstance(message := viewer.message(), str):
                    payloads.append(parse_frame(message)[1])
            self.assertEqual(payloads, [b"run 2", b"run 2"])

    def test_who_comes_back_in_time_finds_it_running(self):
        with Server("--source", f"door={self.counting()}", "--on-demand", stdin=subprocess.DEVNULL) as server:
            for _ in range(3):
                with WebSocket(server) as viewer:
                    self.assertEqual(viewer.message(), b"run 1")
                server.viewers(0)
            self.assertEqual(len(server.lines), 2, server.lines)

    def test_it_starts_again_for_who_comes_while_it_stops(self):
        # It needs a while to end after SIGTERM: so long its last picture is not to be had.
        slow = f"trap 'sleep 0.4; exit' TERM; {{ {self.counting()}; }} & wait"
        with Server("--source", f"door={slow}", "--on-demand", "--idle-close", "0", stdin=subprocess.DEVNULL) as server:
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"run 1")
            server.said("stopped")
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"run 2")

    def test_the_pipe_is_read_for_its_own_streams_only(self):
        with Server("--source", f"door={self.counting()}", "--on-demand", "--idle-close", "0") as server:
            server.write(frame(b"first", stream="pipe"))
            eventually(lambda: any(one["state"] == "idle" and one["name"] == "pipe" for one in server.streams()), "idleness")
            with WebSocket(server, "/ws?stream=door") as viewer:
                self.assertEqual(viewer.message(), b"run 1")
                for _ in range(3):  # one may be taken by a read that was under way
                    server.write(frame(b"x", stream="pipe"))
                self.assertEqual(state(server, "pipe"), "idle")
            with WebSocket(server, "/ws?stream=pipe") as viewer:
                self.assertEqual(viewer.message(), b"x")
                self.assertEqual(len(self.runs()), 1)


class Failures(Case):
    def test_a_source_that_dies_is_started_again(self):
        with Server("--source", f"door={self.counting()}", stdin=subprocess.DEVNULL) as server:
            for run in (1, 2):
                eventually(lambda: len(self.runs()) == run and server.metric("frames_in_total") == run, "the run")
                self.assertEqual(server.metric("source_restarts_total"), run - 1)
                os.kill(self.runs()[-1], signal.SIGKILL)
            eventually(lambda: server.metric("frames_in_total") == 3, "the third run")
            server.said("door: frames come again")
            self.assertEqual(server.lines[1:], ["wsserve: door: killed by SIGKILL; it is started again", "wsserve: door: frames come again"])

    def failing(self):
        """A command that fails until a file is there."""
        return (f"test -e {self.path('camera')} && {{ {self.giving(frame(b'a picture'))}; }}; "
                "echo 'it seems that' >&2; echo 'the camera is not there' >&2; exit 5")

    def test_the_reason_is_a_picture_and_in_the_list_until_frames_come(self):
        with Server("--source", f"door={self.failing()}", stdin=subprocess.DEVNULL) as server, \
                WebSocket(server, "/ws?stream=door", protocol="framepipe.v1") as viewer, WebSocket(server, "/ws?stream=door") as bare:
            eventually(lambda: state(server, "door") == "failed", "the failure")
            words = "it seems that\nthe camera is not there\nexit code 5"
            stream = server.streams()[0]
            self.assertEqual((stream["error"], stream["frames"], stream["width"], stream["height"], stream["age_us"]), (words, 0, 640, 360, -1))
            health = server.get("/healthz")
            self.assertEqual((health.status, health.body.decode()),
                             (503, 'the source of stream "door" failed: it seems that; the camera is not there; exit code 5\n'))
            self.assertEqual(bare.message()[:3], b"\xff\xd8\xff")
            header = None
            failed = False
            while not (header and failed):
                message = viewer.message()
                if isinstance(message, str):
                    told = json.loads(message)["streams"][0]
                    failed = (told["state"], told.get("error")) == ("failed", words)
                else:
                    header = parse_frame(message)[0]
            self.assertEqual((header["type"], header["error"]), ("image/jpeg", words))
            self.check_picture(server.get("/snapshot.jpg?stream=door&as=lossless").body)
            self.assertEqual(server.get("/snapshot.jpg").body[:3], b"\xff\xd8\xff")

            self.file("camera", b"")
            eventually(lambda: server.metric("frames_in_total") == 1, "the picture")
            self.assertNotIn("error", server.streams()[0])
            self.assertEqual((state(server, "door"), server.get("/healthz").status), ("live", 200))
            self.assertEqual(server.get("/snapshot.jpg?as=image").body, b"a picture")
            while bare.message() != b"a picture":
                pass
            server.said("frames come again")
            # Its words and ours, once, however often it was tried.
            self.assertEqual(server.lines[1:], ["wsserve: door: it seems that", "wsserve: door: the camera is not there",
                                                "wsserve: door: exit code 5; it is started again", "wsserve: door: frames come again"])

    def check_picture(self, png):
        """Letters on a dark ground: the title, and three lines below it."""
        pixels = subprocess.run(["ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
                                input=png, capture_output=True, check=True).stdout
        rows = [max(pixels[y * 640:(y + 1) * 640]) for y in range(360)]
        self.assertEqual(len(pixels), 640 * 360)
        self.assertLess(pixels[0], 50)
        lines = sum(1 for above, row in zip(rows, rows[1:]) if above < 50 <= row)
        self.assertGreaterEqual(lines, 4)
        self.assertEqual(max(rows), 255)

    def test_an_mjpeg_viewer_sees_it_come_and_go(self):
        with Server("--source", f"door={self.failing()}", "--on-demand", stdin=subprocess.DEVNULL) as server, Mjpeg(server, "/stream.mjpg?as=image") as viewer:
            self.assertEqual(viewer.part()[:3], b"\xff\xd8\xff")
            self.file("camera", b"")
            while viewer.part() != b"a picture":
                pass

    def test_a_command_that_is_not_there_says_so(self):
        with Server("--source", "door=no-such-command", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: state(server, "door") == "failed", "the failure")
            self.assertRegex(server.streams()[0]["error"], "no-such-command: not found\nexit code 127$")

    def test_one_that_ends_without_a_frame_and_one_that_writes_rubbish(self):
        with Server("--source", "none=exit 0", "--source", r"rubbish=printf 'FPF1\377\377\377\377\377\377\377\377\377\377\377\377'; exec sleep 1000",
                    stdin=subprocess.DEVNULL) as server:
            eventually(lambda: state(server, "none") == state(server, "rubbish") == "failed", "the failures")
            errors = {one["name"]: one["error"] for one in server.streams()}
            self.assertEqual(errors["none"], "it ended without a frame")
            self.assertIn("frame 0 on its output", errors["rubbish"])

    def test_the_end_of_one_that_did_well_is_no_failure(self):
        with Server("--source", f"chart=cat {self.file('frames', frame(b'whole'))}", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: state(server, "chart") == "ended", "the end")
            self.assertEqual(server.get("/snapshot.jpg?as=image").body, b"whole")
            eventually(lambda: server.metric("source_restarts_total") >= 1, "the next run")
            self.assertEqual(len(server.lines), 1, server.lines)

    def test_another_that_fares_well_keeps_the_server_healthy(self):
        with Server("--source", "bad=exit 1", "--source", f"good={self.giving(frame(b'x'))}", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: state(server, "bad") == "failed" and state(server, "good") == "live", "both")
            self.assertEqual(server.get("/healthz").status, 200)

    def test_on_demand_a_failure_is_forgotten_with_its_viewers_but_for_the_list(self):
        with Server("--source", f"door={self.failing()}", "--on-demand", stdin=subprocess.DEVNULL) as server:
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message()[:3], b"\xff\xd8\xff")
            eventually(lambda: state(server, "door") == "idle", "rest")
            self.assertIn("the camera is not there", server.streams()[0]["error"])
            self.assertEqual(server.get("/healthz").status, 200)
            self.file("camera", b"")
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"a picture")  # not the old reason


class Words(Case):
    def test_what_a_source_says_has_its_name(self):
        with Server("--source", "door=echo 'one\rtwo' >&2; printf '\\033[31mred\\n' >&2; exec sleep 1000", stdin=subprocess.DEVNULL) as server:
            server.said("red")
            self.assertEqual(server.lines[1:], ["wsserve: door: one", "wsserve: door: two", "wsserve: door:  [31mred"])

    def test_long_lines_are_cut(self):
        with Server("--source", "door=head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo next >&2; exec sleep 1000", stdin=subprocess.DEVNULL) as server:
            server.said("next")
            self.assertEqual(server.lines[1:], ["wsserve: door: " + 500 * "x" + "...", "wsserve: door: next"])

    def test_quiet_nothing_of_it_is_said(self):
        with tempfile.TemporaryFile() as words:
            path = self.path("socket")
            server = subprocess.Popen([COMMAND, "--quiet", "--listen", f"unix:{path}", "--source", "door=echo words >&2; exit 1"],
                                      stdin=subprocess.DEVNULL, stderr=words)
            eventually(lambda: b'"failed"' in self.ask(path, "/streams"), "the failure")
            server.terminate()
            self.assertEqual(server.wait(10), 0)
            words.seek(0)
            self.assertEqual(words.read(), b"")

    def ask(self, path, what):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(20)
            try:
                raw.connect(path)
            except (FileNotFoundError, ConnectionRefusedError):
                return b""
            raw.sendall(f"GET {what} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            return raw.makefile("rb").read()

    def test_a_flood_neither_fills_the_log_nor_holds_anybody_up(self):
        with Server("--source", "flood=yes 'many words' >&2", "--source", f"door={self.giving(frame(b'x'))}", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: server.metric("source_lines_left_out_total") > 10000, "lines left out")
            self.assertEqual(server.get("/snapshot.jpg?as=image&stream=door").body, b"x")
            self.assertLess(len(server.lines), 5000)
            server.said("lines more were too many for the log")
            code, seconds = server.stop()
            self.assertEqual(code, 0)

    def test_a_log_that_nobody_reads_holds_nobody_up(self):
        path = self.path("socket")
        lines = "while :; do for i in 1 2 3 4 5 6 7 8; do head -c 400 /dev/zero | tr '\\0' x; echo $i; done >&2; done"
        sources = [word for i in range(8) for word in ("--source", f"s{i}={lines}")]
        server = subprocess.Popen([COMMAND, "--listen", f"unix:{path}", *sources, "--source", f"door={self.giving(frame(b'x'))}"],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # More than the pipe holds was said when every source has lost lines.
            eventually(lambda: self.ask(path, "/metrics").count(b"source_lines_left_out_total{") == 9
                       and all(self.left_out(path, f"s{i}") > 0 for i in range(8)), "a log that is full")
            self.assertTrue(self.ask(path, "/snapshot.jpg?as=image&stream=door").endswith(b"x"))
        finally:
            server.terminate()
            self.assertEqual(server.wait(10), 0)
            server.stderr.close()
        self.assertFalse(os.path.exists(path), "it ended before it had put all away")

    def left_out(self, path, name):
        line = next(line for line in self.ask(path, "/metrics").decode().splitlines() if line.startswith('framepipe_source_lines_left_out_total{stream="%s"}' % name))
        return float(line.split()[-1])


class Producers(Case):
    def test_a_producer_does_not_get_a_sources_stream(self):
        with Server("--source", f"door={self.counting()}", "--publish", stdin=subprocess.DEVNULL) as server:
            server.frames_in(1)
            answer = server.get("/publish?stream=door", "POST", body=b"mine")
            self.assertEqual(answer.status, 409)
            self.assertEqual(server.get("/snapshot.jpg?as=image").body, b"run 1")

    def test_with_takeover_it_does_and_gives_it_back(self):
        for on_demand in ([], ["--on-demand", "--idle-close", "60s"]):
            with self.subTest(on_demand), Server("--source", f"door={self.counting('runs' + str(len(on_demand)))}", "--publish", "--takeover", *on_demand,
                                                 stdin=subprocess.DEVNULL) as server, WebSocket(server, "/ws?stream=door") as viewer:
                name = "runs" + str(len(on_demand))
                self.assertEqual(viewer.message(), b"run 1")
                with WebSocket(server, "/publish?stream=door") as producer:
                    producer.send(b"\xff\xd8\xff\xd9")
                    self.assertEqual(viewer.message(), b"\xff\xd8\xff\xd9")
                    server.said("door: stopped: a producer feeds its stream")
                    eventually(lambda: not is_alive(self.runs(name)[0]), "the end of the command")
                    self.assertEqual(state(server, "door"), "live")
                    self.assertEqual(len(self.runs(name)), 1)
                self.assertEqual(viewer.message(), b"run 2")


class End(Case):
    def test_the_whole_pipeline_of_each_ends_with_the_server(self):
        mark = f"1{os.getpid()}.5"
        with Server("--source", f"a=sleep {mark} | sleep {mark}", "--source", f"b=sleep {mark} & {self.giving(frame(b'x'))}", stdin=subprocess.DEVNULL) as server:
            server.frames_in(1)
            eventually(lambda: len(processes_with(mark)) == 3, "the pipelines")
            with WebSocket(server, "/ws?stream=b") as viewer:
                self.assertEqual(viewer.message(), b"x")
                code, _ = server.stop()
                self.assertEqual(viewer.closing(), (1001, "the server ends"))
            self.assertEqual((code, processes_with(mark)), (0, []))
            self.assertEqual(len(server.lines), 1, server.lines)

    def test_one_that_ignores_sigterm_goes_too(self):
        mark = f"2{os.getpid()}.5"
        with Server("--source", f"door=trap '' TERM; sleep {mark}", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: processes_with(mark), "the command")
            code, seconds = server.stop()
            self.assertEqual((code, processes_with(mark)), (0, []))
            self.assertLess(seconds, 5)

    def test_one_that_is_stopped_on_demand_and_ignores_sigterm_is_killed(self):
        mark = f"3{os.getpid()}.5"
        with Server("--source", f"door=trap '' TERM; sleep {mark}", "--on-demand", "--idle-close", "0", stdin=subprocess.DEVNULL) as server:
            with WebSocket(server):
                eventually(lambda: processes_with(mark), "the command")
            eventually(lambda: not processes_with(mark), "its end")
            self.assertEqual(state(server, "door"), "idle")

    def test_many_at_once(self):
        mark = f"4{os.getpid()}.5"
        path = self.file("frames", picture())
        sources = [word for i in range(50) for word in ("--source", f"s{i}=cat {path}; exec sleep {mark}")]
        with Server(*sources, "--on-demand", "--idle-close", "0", stdin=subprocess.DEVNULL) as server:
            with WebSocket(server, "/ws?stream=none", protocol="framepipe.v1") as viewer:
                viewer.control(subscribe="*")
                seen = set()
                while len(seen) < 50:
                    if not isinstance(message := viewer.message(), str):
                        header = parse_frame(message)[0]
                        seen.add(header["stream"])
                        viewer.control(ack=1, stream=header["stream"])
                self.assertEqual(server.metric("source_running"), 50)
            eventually(lambda: server.metric("source_running") == 0 and not processes_with(mark), "their end")
            self.assertEqual({one["state"] for one in server.streams()}, {"idle"})
            with WebSocket(server, "/ws?stream=none", protocol="framepipe.v1") as viewer:
                viewer.control(subscribe="*")
                eventually(lambda: len(processes_with(mark)) == 50, "all")
                self.assertEqual((server.stop()[0], processes_with(mark)), (0, []))

    def test_no_child_is_left_behind_as_a_zombie(self):
        with Server("--source", "door=exit 1", "--source", "chart=exit 1", stdin=subprocess.DEVNULL) as server:
            eventually(lambda: server.metric("source_restarts_total") >= 2, "some runs")
            eventually(lambda: "Z" not in self.children(server.process.pid), "all to be reaped")

    def children(self, parent):
        """The states of a process's children."""
        states = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                    if int(fields[1]) == parent:
                        states.append(fields[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return states


if __name__ == "__main__":
    main()
