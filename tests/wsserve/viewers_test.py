"""Viewers that are many, slow, stalled, or too much for the memory."""
import json
import os
import time
import unittest

from harness import Closed, Server, WebSocket, eventually, frame, main, parse_frame, picture


class Sharing(unittest.TestCase):
    def test_a_picture_is_encoded_once_for_a_hundred_viewers(self):
        with Server() as server:
            viewers = [WebSocket(server, protocol="framepipe.v1" if i % 4 == 0 else None) for i in range(80)]
            streams = []
            for _ in range(20):
                raw = server.connect()
                raw.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
                streams.append(raw)
            server.viewers(100)
            for count in (1, 2, 3):
                server.write(picture(count))
                for viewer in viewers:
                    while isinstance(viewer.message(), str):
                        pass
                    viewer.control(ack=count)
                eventually(lambda: server.metric("frames_out_total") >= 100 * count, "a picture for each")
                self.assertEqual(server.metric("conversions_total"), count)
            for one in viewers:
                one.socket.close()
            for raw in streams:
                raw.close()
            server.viewers(0)

    def test_pixels_that_nobody_wants_are_not_encoded(self):
        with Server() as server:
            for _ in range(5):
                server.write(picture())
            server.frames_in(5)
            self.assertEqual(server.metric("conversions_total"), 0)

    def test_who_comes_late_gets_the_last_picture(self):
        with Server() as server:
            server.write(frame(b"old") + frame(b"last") + frame(b"a remark", "text/plain"))
            server.frames_in(3)
            server.process.stdin.close()
            eventually(lambda: server.streams()[0]["state"] == "ended", "the end")
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), b"last")

    def test_large_pictures_for_many_come_whole(self):
        pictures = [os.urandom(100_000) for _ in range(4)]
        with Server() as server:
            viewers = [WebSocket(server) for _ in range(20)]
            server.viewers(20)
            for one in pictures:  # to as many viewers, from files in memory
                server.write(frame(one))
                for viewer in viewers:
                    self.assertEqual(viewer.message(), one)
            for viewer in viewers:
                viewer.socket.close()

    def test_large_pictures_come_whole_to_who_takes_them_in_parts(self):
        pictures = [os.urandom(900_000) for _ in range(6)]
        with Server() as server:
            quick = [WebSocket(server) for _ in range(12)]
            slow = [WebSocket(server, receive_buffer=4096) for _ in range(6)]
            server.viewers(18)
            for one in pictures:
                server.write(frame(one))
                for viewer in quick:
                    self.assertEqual(viewer.message(), one)
            for viewer in slow:
                got = [viewer.message()]
                while got[-1] != pictures[-1]:
                    got.append(viewer.message())
                self.assertEqual(got[0], pictures[0])
                self.assertLess(len(got), len(pictures))  # or nothing waited, and nothing came in parts
                for one in got:
                    self.assertIn(one, pictures)
            for viewer in quick + slow:
                viewer.socket.close()


class Slow(unittest.TestCase):
    def test_a_slow_viewer_skips_to_the_newest_and_holds_nobody_up(self):
        with Server() as server, WebSocket(server) as fast, WebSocket(server, receive_buffer=4096) as slow:
            server.viewers(2)
            for i in range(100):
                server.write(frame(b"%04d" % i + bytes(200_000)))
                self.assertEqual(fast.message()[:4], b"%04d" % i)
            eventually(lambda: server.metric('drops_total{reason="replaced"}') > 50, "dropped pictures")
            seen = []
            while not seen or seen[-1] < 99:
                seen.append(int(slow.message()[:4]))
            self.assertEqual(seen, sorted(set(seen)))
            self.assertLess(len(seen), 50)

    def test_a_viewer_that_takes_nothing_is_let_go_and_an_idle_one_stays(self):
        with Server("--stall-timeout", "1s") as server, WebSocket(server, receive_buffer=4096) as stalled, WebSocket(server, "/ws?stream=other") as idle:
            server.viewers(2)
            for _ in range(4):
                server.write(frame(bytes(3_000_000)))
            eventually(lambda: server.metric('refusals_total{reason="stalled"}') == 1, "the farewell")
            server.said("let a connection go: a viewer took no byte for a while (--stall-timeout)")
            server.viewers(1)
            with self.assertRaises((Closed, ConnectionError)):
                while True:
                    stalled.message()
            server.write(frame(b"here", stream="other"))
            self.assertEqual(idle.message(), b"here")

    def test_text_that_piles_up_closes_the_viewer_with_a_reason(self):
        with Server() as server, WebSocket(server, "/ws?stream=", receive_buffer=4096) as viewer:
            server.viewers(1)
            server.write(frame(bytes(8_000_000)))  # what blocks the way
            for _ in range(1500):  # 1024 may wait
                server.write(frame(b"words", "text/plain"))
            eventually(lambda: server.metric('refusals_total{reason="queue"}') == 1, "the refusal")
            self.assertEqual(len(viewer.message()), 8_000_000)
            self.assertEqual(viewer.closing(), (1008, "too slow: too many messages wait"))
            server.said("let a connection go: a viewer was too slow, and too many messages waited for it")

    def test_live_frames_stay_within_their_memory(self):
        with Server("--max-memory", "20MB") as server:
            slow = []
            gone = 'refusals_total{reason="memory"}'
            server.write(frame(b"first"))
            server.frames_in(1)
            for i in range(12):  # each comes to hold a picture of its own
                slow.append(WebSocket(server, receive_buffer=4096))
                eventually(lambda: server.metric("viewers") + server.metric(gone) == i + 1, "the viewer")
                server.write(frame(bytes(5_000_000)))
                server.frames_in(i + 2)
            eventually(lambda: server.metric(gone) > 0, "a viewer to go")
            eventually(lambda: server.metric("live_bytes") <= 25_000_000, "less memory")
            self.assertGreater(server.metric("viewers"), 0)
            server.said("(--max-memory)")
            self.assertEqual(len([line for line in server.lines if "let a connection go" in line]), 1, server.lines)
            with WebSocket(server) as viewer:
                self.assertEqual(len(viewer.message()), 5_000_000)
            for viewer in slow:
                viewer.socket.close()

    def test_a_garbage_sender_and_a_leaver_disturb_nobody(self):
        with Server() as server, WebSocket(server) as good:
            for _ in range(20):
                with WebSocket(server) as bad:
                    bad.socket.sendall(os.urandom(1000))
                raw = server.connect()
                raw.sendall(b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: webso")
                raw.close()
            server.write(frame(b"fine"))
            self.assertEqual(good.message(), b"fine")
            server.viewers(1)


class Acknowledging(unittest.TestCase):
    def test_a_window_that_is_closed_is_no_stall(self):
        with Server("--stall-timeout", "1s") as server, WebSocket(server, protocol="framepipe.v1") as viewer:
            for i in range(3):
                server.write(frame(b"%d" % i))
                server.frames_in(i + 1)
            statuses = 0
            while statuses < 4:  # one a second: longer than the timeout
                message = viewer.message()
                statuses += isinstance(message, str)
            viewer.control(ack=2)
            while isinstance(message, str):
                message = viewer.message()
            self.assertEqual(parse_frame(message)[1], b"2")


if __name__ == "__main__":
    main()
