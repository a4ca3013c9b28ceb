"""What /metrics says: whether Prometheus reads it, and whether the numbers agree."""
import os
import shutil
import subprocess
import time
import unittest
import urllib.parse

from harness import BIN, Server, WebSocket, eventually, frame, main, picture

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


def promtool():
    found = shutil.which("promtool", path=os.path.join(ROOT, "build", "tools") + os.pathsep + os.environ["PATH"])
    assert found, "no promtool; tests/unpack fetches it"
    return found


def samples(server):
    """{name with labels: value}"""
    lines = server.get("/metrics").body.decode().rstrip("\n").split("\n")
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


class Format(unittest.TestCase):
    def check(self, server):
        text = server.get("/metrics").body
        done = subprocess.run([promtool(), "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))
        return text.decode()

    def test_promtool_finds_nothing_wrong(self):
        with Server() as server:
            self.check(server)
            server.write(picture(stream="door", time_us=int(time.time() * 1e6)))
            with WebSocket(server) as viewer:
                viewer.message()
                self.check(server)

    def test_promtool_finds_nothing_wrong_where_a_pipeline_answers(self):
        with Server("--respond", f"{BIN}/render-text --size 32x16 | {BIN}/encode png") as server, WebSocket(server) as viewer:
            viewer.send("hello")
            viewer.message()
            self.assertIn("framepipe_respond_answers_total 1\n", self.check(server))

    def test_promtool_reads_names_with_any_characters(self):
        names = ['quo"te', "back\\slash", "new\nline", "\\n", "tab\t", "\r", "grün 日本", "}", "", "trailing\\", "a,b=\"c\""]
        with Server() as server:
            for name in names:
                server.write(frame(JPEG, stream=name))
            server.frames_in(len(names))
            text = self.check(server)
        for name in names:
            escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            self.assertIn(f'framepipe_frames_in_total{{stream="{escaped}"}} 1\n', text)

    def test_promtool_reads_what_a_producer_calls_its_stream_in_the_address(self):
        with Server("--publish") as server:
            for name in ('quo"te\n', b"\xff\xfe"):
                answer = server.get("/publish?stream=" + urllib.parse.quote(name), "PUT", body=JPEG)
                self.assertIn(answer.status // 100, (2, 4), answer.body)
            self.check(server)

    def test_promtool_would_complain(self):
        done = subprocess.run([promtool(), "check", "metrics"], input=b"# TYPE a counter\na 1\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertNotEqual(done.returncode, 0)


class Numbers(unittest.TestCase):
    def test_the_process_tells_of_itself(self):
        with Server() as server:
            before = samples(server)
            self.assertGreater(before["process_resident_memory_bytes"], 1 << 20)
            self.assertLess(abs(before["process_start_time_seconds"] - time.time()), 3600)
            viewers = [WebSocket(server) for _ in range(10)]
            server.viewers(10)
            after = samples(server)
            # Questions come by connections of their own, which may still be open.
            self.assertIn(after["process_open_fds"] - before["process_open_fds"], range(9, 13))
            self.assertGreater(after["process_cpu_seconds_total"], 0)
            for viewer in viewers:
                viewer.socket.close()

    def test_pipelines_are_counted_while_they_run(self):
        with Server("--respond", "cat | cat") as server:
            eventually(lambda: samples(server)["framepipe_children"] == 3, "the shell and what it runs")
            self.assertGreaterEqual(samples(server)["framepipe_children_cpu_seconds_total"], 0)

    def test_each_frame_for_a_viewer_is_sent_or_dropped_for_a_reason(self):
        with Server("--stall-timeout", "1m") as server:
            quick, slow = WebSocket(server), WebSocket(server, receive_buffer=4096)
            paced, paused = WebSocket(server, "/ws?fps=1"), WebSocket(server, protocol="framepipe.v1")
            paused.control(pause=True, ping=1)
            while '"pong"' not in paused.message():
                pass
            server.viewers(4)
            for number in range(300):
                server.write(picture(number % 256, 160, 160))
            server.frames_in(300)
            for viewer in (quick, slow, paced, paused):
                viewer.socket.close()
            server.viewers(0)
            eventually(lambda: samples(server)["framepipe_connections"] == 1, "all connections to be closed")
            found = samples(server)
            drops = {name: value for name, value in found.items() if name.startswith("framepipe_drops_total")}
            self.assertEqual(found["framepipe_frames_offered_total"], 4 * 300, found)
            self.assertEqual(found["framepipe_frames_offered_total"], found["framepipe_frames_out_total"] + sum(drops.values()), drops)
            self.assertEqual(drops['framepipe_drops_total{reason="paused"}'], 300)
            self.assertGreater(drops['framepipe_drops_total{reason="rate"}'], 250)
            self.assertGreater(drops['framepipe_drops_total{reason="left"}'], 0)

    def test_ages_are_of_pictures_that_came_while_somebody_watched(self):
        with Server() as server:
            server.write(picture(time_us=1000000))
            server.frames_in(1)
            with WebSocket(server) as viewer:
                viewer.message()  # old: it says nothing of how late pictures are
                count = lambda kind: samples(server)[f"framepipe_picture_{kind}_seconds_count"]
                self.assertEqual((count("wait"), count("age")), (0, 0))
                server.write(picture(time_us=int((time.time() - 1000) * 1e6)))
                viewer.message()
                eventually(lambda: count("wait") == 1, "the picture's wait")
                server.write(picture())
                viewer.message()
                eventually(lambda: count("wait") == 2, "the other one's wait")
                found = samples(server)
                self.assertEqual(count("age"), 1)  # the other has no time of its own
                self.assertEqual(found['framepipe_picture_age_seconds_bucket{le="10"}'], 0)
                self.assertEqual(found['framepipe_picture_age_seconds_bucket{le="+Inf"}'], 1)
                self.assertAlmostEqual(found["framepipe_picture_age_seconds_sum"], 1000, delta=100)
                self.assertLess(found["framepipe_picture_wait_seconds_sum"], 100)

    def test_a_clock_that_is_ahead_makes_no_age_below_zero(self):
        with Server() as server, WebSocket(server) as viewer:
            server.viewers(1)
            server.write(picture(time_us=int((time.time() + 1000) * 1e6)))
            viewer.message()
            eventually(lambda: samples(server)["framepipe_picture_age_seconds_count"] == 1, "the picture's age")
            found = samples(server)
            self.assertEqual(found["framepipe_picture_age_seconds_sum"], 0)
            self.assertEqual(found['framepipe_picture_age_seconds_bucket{le="0.001"}'], 1)

    def test_messages_that_the_hub_passes_on_are_timed_too(self):
        with Server("--hub") as server, WebSocket(server) as producer, WebSocket(server) as viewer:
            server.viewers(2)
            producer.send(JPEG)
            self.assertEqual(viewer.message(), JPEG)
            eventually(lambda: samples(server)["framepipe_picture_wait_seconds_count"] == 1, "the picture's wait")


if __name__ == "__main__":
    main()
