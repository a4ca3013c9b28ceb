"""wsserve and its input, its start and its end."""
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from harness import BIN, Server, WebSocket, eventually, frame, main

COMMAND = os.path.join(BIN, "wsserve")


def run(*arguments, data=b""):
    done = subprocess.run([COMMAND, "--listen", "127.0.0.1:0", *arguments], input=data, capture_output=True, timeout=30)
    return done.returncode, done.stdout, [line for line in done.stderr.decode().splitlines() if "http://" not in line]


class RaspberryPi(unittest.TestCase):
    def test_the_line_for_its_camera_works(self):
        with tempfile.TemporaryDirectory() as folder:
            # What stands in for the program takes just these arguments, and writes JPEGs without a mark between.
            camera = os.path.join(folder, "rpicam-vid")
            with open(camera, "w") as script:
                script.write('#!/bin/sh\n[ "$*" = "-t 0 --codec mjpeg -o -" ] || exit 2\n'
                             "exec ffmpeg -v quiet -nostdin -re -f lavfi -i testsrc=s=640x480:r=30 -c:v mjpeg -q:v 2 -f mjpeg -\n")
            os.chmod(camera, 0o755)
            with subprocess.Popen(["rpicam-vid", "-t", "0", "--codec", "mjpeg", "-o", "-"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "PATH": folder + ":" + os.environ["PATH"]}) as source:
                with Server(stdin=source.stdout) as server:
                    source.stdout.close()
                    server.frames_in(3)
                    stream = server.streams()[0]
                    self.assertEqual((stream["type"], stream["width"], stream["height"], stream["state"]), ("image/jpeg", 640, 480, "live"))
                    with WebSocket(server) as viewer:
                        for _ in range(5):
                            picture = viewer.message()
                            self.assertEqual((picture[:2], picture[-2:]), (b"\xff\xd8", b"\xff\xd9"))
                source.terminate()


class Start(unittest.TestCase):
    def test_it_says_where_it_is_and_who_can_come(self):
        with Server() as server:
            self.assertEqual(server.lines, [f"wsserve: http://127.0.0.1:{server.port}/ (this machine only; for others: --listen :{server.port})"])
        with Server(listen="localhost:0") as server:
            self.assertRegex(server.lines[0], r"http://localhost:\d+/ \(this machine only")
            self.assertEqual(server.get("/healthz").status, 503)
            if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") and open("/proc/net/if_inet6").read().find(" lo\n") > 0:
                socket.create_connection(("::1", server.port), 5).close()
        with Server(listen=":0") as server:
            server.said("--token-file FILE asks viewers for a token")
            self.assertIn(f"http://{socket.gethostname()}.local:{server.port}/", server.lines[0])

    def test_quiet_it_says_nothing(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        quiet = subprocess.Popen([COMMAND, "--quiet", "--listen", f"127.0.0.1:{port}"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)

        def answers():
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return True
            except ConnectionRefusedError:
                return False

        eventually(answers, "the server")
        quiet.terminate()
        self.assertEqual(quiet.communicate(timeout=10)[1], b"")
        self.assertEqual(quiet.returncode, 0)

    def test_a_port_in_use_ends_it(self):
        with Server() as server:
            done = subprocess.run([COMMAND, "--listen", f"127.0.0.1:{server.port}"], input=b"", capture_output=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (1, f"wsserve: cannot listen on 127.0.0.1:{server.port}: address already in use\n".encode()))

    def test_wrong_usage(self):
        for arguments in (["--send-as", "paint"], ["--listen", "a:b:c"], ["--ws-path", "x"], ["--mjpeg-path", "x"], ["--quality", "0"], ["--stall-timeout", "soon"]):
            done = subprocess.run([COMMAND, *arguments], input=b"", capture_output=True, timeout=30)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertRegex(done.stderr.decode(), r"^wsserve: [^\n]+\n$")

    def test_a_token_file_that_cannot_be_read(self):
        self.assertEqual(run("--token-file", "/nowhere")[0::2], (1, ["wsserve: cannot read the token in /nowhere: no such file or directory"]))
        self.assertEqual(run("--token-file", "/dev/null")[0::2], (1, ["wsserve: cannot read the token in /dev/null: its first line is empty"]))


class Harness(unittest.TestCase):
    def test_a_server_that_dies_fails_its_test(self):
        with self.assertRaisesRegex(AssertionError, "wsserve ended with -9, not 0"):
            with Server() as server:
                server.process.kill()
        with self.assertRaisesRegex(AssertionError, "a sanitizer complains:\nx: runtime error: "):
            with Server() as server:
                server.lines += ["x: runtime error: signed integer overflow"]


class End(unittest.TestCase):
    def test_with_exit_on_eof_it_ends_with_its_input(self):
        self.assertEqual(run("--exit-on-eof", data=frame(b"x")), (0, b"", []))

    def test_a_broken_input_is_said_and_fails(self):
        code, out, lines = run("--exit-on-eof", data=frame(b"x") + frame(b"cut short")[:-3])
        self.assertEqual((code, out, len(lines)), (1, b"", 1))
        self.assertIn("ended inside", lines[0])

    def test_without_it_the_server_goes_on_after_a_broken_input(self):
        with Server() as server:
            server.write(frame(b"shown") + b"this is no frame but long enough to be seen as none of them")
            server.process.stdin.close()
            eventually(lambda: server.get("/healthz").body.startswith(b"the input is broken"), "the complaint")
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"shown")
            server.said("frame 1 on stdin")
            self.assertEqual(server.stop()[0], 0)
            self.assertEqual(len(server.lines), 2, server.lines)

    def test_viewers_get_the_last_picture_before_the_end(self):
        with Server("--exit-on-eof") as server:
            with WebSocket(server) as viewer:
                server.viewers(1)
                last = os.urandom(2_000_000)
                server.write(frame(b"first") + frame(last))
                server.process.stdin.close()
                messages = [viewer.message()]
                while messages[-1] != last:
                    messages.append(viewer.message())
                self.assertEqual(viewer.closing(), (1001, "the server ends"))
            self.assertEqual(server.process.wait(10), 0)

    def test_plain_lines_are_text(self):
        with Server() as server, WebSocket(server) as viewer:
            server.viewers(1)
            server.write(b"one\ntwo\n")
            self.assertEqual([viewer.message(), viewer.message()], ["one", "two"])

    def test_frames_without_a_name_get_the_one_given(self):
        with Server("--stream", "door") as server:
            server.write(frame(b"x") + frame(b"y", stream="own"))
            server.frames_in(2)
            self.assertEqual([stream["name"] for stream in server.streams()], ["door", "own"])

    def test_streams_beyond_the_most_are_left_out(self):
        with Server() as server:
            for i in range(256):
                server.write(frame(b"x", stream=f"s{i}"))
            server.write(frame(b"x", stream="one \"more\"") + frame(stream="another", end=True) + frame(b"new", stream="s7"))
            server.frames_in(257)
            self.assertEqual([stream["name"] for stream in server.streams()], [f"s{i}" for i in range(256)])
            self.assertEqual(server.metric('input_drops_total{reason="too_many_streams"}'), 2)
            self.assertEqual(server.get("/snapshot.jpg?stream=s7").body, b"new")
            self.assertEqual(server.lines[1:], ['wsserve: cannot take stream "one \\"more\\"": there are 256 already; frames of further ones are left out'])


class OnDemand(unittest.TestCase):
    def test_nobody_watching_stops_the_reading_and_what_waited_is_thrown_away(self):
        with Server("--on-demand") as server:
            def stamped(payload):
                return frame(payload, time_us=int(time.time() * 1e6), live=True, stages={"capture": 1})

            count = self.waiting(server, lambda number: stamped(b"%d" % number))
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.streams()[0]["state"], "idle")
            before = server.metric("frames_in_total")
            time.sleep(0.4)  # the waiting pictures become old: time itself is what is tested
            with WebSocket(server) as viewer:
                eventually(lambda: server.metric('input_drops_total{reason="stale"}') >= count - before - 1, "the old pictures")
                server.write(stamped(b"fresh"))
                self.assertEqual(viewer.message(), b"fresh")
            server.viewers(0)
            server.write(stamped(b"seen by nobody"))
            eventually(lambda: server.streams()[0]["state"] == "idle", "idleness")

    def test_a_picture_behind_which_nothing_waits_is_not_old(self):
        # As of a file that does not change.
        with Server("--on-demand") as server:
            for n, ask in enumerate((lambda: server.get("/snapshot.jpg").body, lambda: self.first_message(server))):
                server.write(frame(b"%d" % n, time_us=int(time.time() * 1e6), live=True, stages={"capture": 1}))
                eventually(lambda: server.streams() and server.streams()[0]["state"] == "idle", "idleness")
                self.assertEqual(server.metric("frames_in_total"), n + 1)
                self.assertEqual(ask(), b"%d" % n)
                server.viewers(0)

    def first_message(self, server):
        with WebSocket(server) as viewer:
            return viewer.message()

    def waiting(self, server, make):
        """Lets some frames wait in the pipe; how many were written in all."""
        server.write(make(0))
        eventually(lambda: server.streams() and server.streams()[0]["state"] == "idle", "idleness")
        for number in range(1, 6):
            server.write(make(number))
        return 6

    def test_a_stream_without_times_is_read_up_to_its_newest(self):
        with Server("--on-demand") as server:
            self.waiting(server, lambda n: frame(b"%d" % n))
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"5")

    def test_a_snapshot_and_an_mjpeg_viewer_are_demand_and_a_paused_viewer_is_none(self):
        with Server("--on-demand") as server:
            self.waiting(server, lambda n: frame(b"%d" % n))
            with WebSocket(server, protocol="framepipe.v1") as viewer:
                viewer.control(pause=True, ping=1)
                while "pong" not in str(viewer.message()):
                    pass
                for payload in (b"x", b"y", b"z"):  # one may be taken by a read that was under way
                    server.write(frame(payload))
                self.assertLessEqual(server.metric("frames_in_total"), 3)
                self.assertEqual(server.get("/snapshot.jpg").body, b"z")

    def test_the_writers_death_is_seen_while_nobody_watches(self):
        with Server("--on-demand") as server:
            self.waiting(server, lambda n: frame(b"%d" % n))
            server.process.stdin.close()
            eventually(lambda: server.streams()[0]["state"] == "ended", "the end")
            self.assertEqual(server.get("/healthz").status, 503)
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"5")

    def test_a_signal_ends_it_while_idle(self):
        with Server("--on-demand") as server:
            self.waiting(server, lambda n: frame(b"%d" % n))
            code, seconds = server.stop(signal.SIGINT)
            self.assertEqual(code, 0)
            self.assertLess(seconds, 1.5)


if __name__ == "__main__":
    main()
