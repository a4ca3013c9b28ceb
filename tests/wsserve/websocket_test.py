"""wsserve's WebSockets: bare payloads and framepipe.v1."""
import asyncio
import base64
import json
import signal
import time
import unittest

from harness import Closed, Server, WebSocket, eventually, frame, main, parse_frame, picture

JPEG = b"\xff\xd8 no decoder sees this \xff\xd9"


class Bare(unittest.TestCase):
    def test_pictures_and_text_come_as_they_are_on_every_path(self):
        with Server("--ws-path", "/live") as server:
            server.write(frame(JPEG))
            for path in ("/", "/ws", "/websocket", "/live"):
                with WebSocket(server, path) as viewer:
                    self.assertEqual(viewer.message(), JPEG)
            with WebSocket(server, "/elsewhere") as viewer:
                self.assertEqual(viewer.status, 404)
            with WebSocket(server) as viewer:
                viewer.message()
                viewer.send("a page may talk")
                server.write(frame("Grüße".encode(), "text/plain") + frame(b'{"a":1}', "application/json") + frame(b"\xff", "text/plain") + frame(b"\0\1", "x/y"))
                self.assertEqual([viewer.message() for _ in range(4)], ["Grüße", '{"a":1}', "\ufffd", b"\0\1"])

    def test_each_representation(self):
        with Server() as server:
            server.write(picture(200, 4, 2))
            with WebSocket(server) as viewer:
                jpeg = viewer.message()
                self.assertEqual(jpeg[:2], b"\xff\xd8")
            with WebSocket(server, "/ws?as=raw") as viewer:
                self.assertEqual(viewer.message(), bytes([200, 200, 200, 255]) * 8)
            with WebSocket(server, "/ws?as=base64") as viewer:
                self.assertEqual(base64.b64decode(viewer.message()), jpeg)
            with WebSocket(server, "/ws?as=data-url") as viewer:
                self.assertEqual(viewer.message(), "data:image/jpeg;base64," + base64.b64encode(jpeg).decode())
            with WebSocket(server, "/ws?as=paint") as viewer:
                self.assertEqual(viewer.status, 400)
            with WebSocket(server, "/ws?as=raw") as viewer:
                viewer.message()
                server.write(frame(jpeg))
                self.assertEqual(viewer.message()[3::4], b"\xff" * 8)

    def test_send_as_is_what_viewers_get_who_ask_for_nothing(self):
        with Server("--send-as", "base64") as server:
            server.write(frame(JPEG))
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.message(), base64.b64encode(JPEG).decode())
            with WebSocket(server, "/ws?as=image") as viewer:
                self.assertEqual(viewer.message(), JPEG)

    def test_meta_sends_each_header_first(self):
        with Server() as server:
            server.write(frame(JPEG, seq=7, meta={"who": "me"}))
            with WebSocket(server, "/ws?meta=1") as viewer:
                header = json.loads(viewer.message())
                self.assertEqual((header["type"], header["seq"], header["meta"]), ("image/jpeg", 7, {"who": "me"}))
                self.assertEqual(viewer.message(), JPEG)
            server.write(picture())
            with WebSocket(server, "/ws?meta=1&as=raw") as viewer:
                header = {}
                while header.get("format") != "rgba":
                    header = json.loads(viewer.message())
                    payload = viewer.message()
                self.assertEqual((header["width"], header["height"], len(payload)), (16, 16, 1024))

    def test_streams_are_chosen_and_waited_for(self):
        with Server() as server:
            with WebSocket(server, "/ws?stream=late") as named, WebSocket(server) as any_one:
                server.viewers(2)
                server.write(frame(b"first", stream="early"))
                self.assertEqual(any_one.message(), b"first")
                server.write(frame(b"second", stream="late"))
                self.assertEqual(named.message(), b"second")
                server.write(frame(b"third"))
                with WebSocket(server) as newcomer:
                    server.frames_in(3)
                    self.assertIn(newcomer.message(), (b"first", b"third"))
                with WebSocket(server) as newcomer:
                    self.assertEqual(newcomer.message(), b"third")

    def test_fps_takes_the_newest_at_each_time_and_the_last_in_the_end(self):
        with Server() as server:
            with WebSocket(server, "/ws?fps=5") as viewer:
                server.viewers(1)
                for i in range(30):
                    server.write(frame(b"%d" % i))
                    time.sleep(0.01)  # the source's pace, no wait for a state
                seen = []
                while not seen or seen[-1] != b"29":
                    seen.append(viewer.message())
                self.assertLess(len(seen), 6)
                self.assertEqual(seen, sorted(seen, key=int))
            self.assertEqual(server.metric('drops_total{reason="rate"}'), 30 - len(seen))

    def test_a_client_of_another_make(self):
        import websockets

        async def talk():
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws") as socket:
                self.assertEqual(await socket.recv(), b"x" * 300000)
                await (await socket.ping())
            self.assertEqual(socket.close_code, 1000)
            async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws", subprotocols=["framepipe.v1"]) as socket:
                self.assertEqual(socket.subprotocol, "framepipe.v1")

        with Server() as server:
            server.write(frame(b"x" * 300000))
            asyncio.run(talk())


class Rules(unittest.TestCase):
    """RFC 6455."""

    def test_bad_frames_close_the_connection_with_the_reason(self):
        cases = {
            1002: [dict(payload="unmasked", mask=None), dict(payload="", opcode=3), dict(payload="", opcode=0), dict(payload="x" * 126, opcode=9),
                   dict(payload="", opcode=9, last=False), dict(payload="x", opcode=8), dict(payload=b"\3\xed", opcode=8), dict(payload="", opcode=0x41)],
            1007: [dict(payload=b"\xff", opcode=1), dict(payload=b"\3\xe8\xff", opcode=8)],
            1009: [dict(payload=b"x" * 65537)],
        }
        with Server() as server:
            for code, sent in cases.items():
                for one in sent:
                    with WebSocket(server) as viewer:
                        viewer.send(**one)
                        self.assertEqual(viewer.closing()[0], code, one)
            with WebSocket(server) as viewer:
                viewer.send("one", last=False)
                viewer.send("two", opcode=1)
                self.assertEqual(viewer.closing(), (1002, "a fragment is out of place"))
            with WebSocket(server) as viewer:
                viewer.socket.sendall(b"\x81\xff" + b"\xff" * 8 + b"mask")
                self.assertEqual(viewer.closing()[0], 1009)
            self.assertEqual(server.metric('refusals_total{reason="protocol"}'), 13)

    def test_pings_are_answered_between_fragments(self):
        with Server() as server, WebSocket(server, protocol="framepipe.v1") as viewer:
            viewer.message()
            viewer.send('{"ping":', last=False)
            viewer.send("hello", opcode=9)
            viewer.send("1}", opcode=0)
            self.assertEqual(viewer.read(), (10, b"hello"))
            self.assertEqual(json.loads(viewer.message())["pong"], 1)

    def test_a_close_is_answered(self):
        with Server() as server, WebSocket(server) as viewer:
            viewer.send(b"\3\xe9bye", opcode=8)
            self.assertEqual(viewer.read(), (8, b"\3\xe9"))
            with self.assertRaises(Closed):
                viewer.read()

    def test_handshakes_that_are_none(self):
        with Server() as server:
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
            self.assertEqual(server.get("/ws", headers={**upgrade, "Sec-WebSocket-Version": "8"}).status, 426)
            self.assertEqual(server.get("/ws", headers={**upgrade, "Sec-WebSocket-Key": "short"}).status, 400)
            self.assertEqual(server.get("/ws", headers={**upgrade, "Connection": "close"}).status, 400)
            self.assertEqual(server.get("/ws", "POST", headers=upgrade).status, 405)

    def test_the_end_of_the_server_is_said(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Server() as server:
                server.write(frame(JPEG))
                with WebSocket(server) as bare, WebSocket(server, protocol="framepipe.v1") as other:
                    server.viewers(2)
                    code, seconds = server.stop(number)
                    self.assertEqual(code, 0)
                    self.assertLess(seconds, 1.5)
                    self.assertEqual(bare.closing(), (1001, "the server ends"))
                    self.assertEqual(other.closing(), (1001, "the server ends"))


class V1(unittest.TestCase):
    def open(self, server, path="/ws"):
        viewer = WebSocket(server, path, protocol="framepipe.v1")
        self.assertIn("Sec-WebSocket-Protocol: framepipe.v1\r\n", viewer.head)
        return viewer

    def next_of(self, viewer, kind, wanted=lambda message: True):
        """The next message of this kind. Those of the other kind are kept: nothing says which comes first."""
        kept = viewer.__dict__.setdefault("kept", {str: [], bytes: []})
        while True:
            while not kept[kind]:
                message = viewer.message()
                kept[type(message)].append(message)
            message = kept[kind].pop(0)
            if wanted(json.loads(message) if kind is str else message):
                return message

    def test_whole_frames_and_the_state_of_streams(self):
        with Server() as server:
            with self.open(server) as viewer:
                self.assertEqual(json.loads(viewer.message())["streams"], [])
                server.write(picture(1, seq=3, x={"kept": 1e3}))
                status = json.loads(self.next_of(viewer, str, lambda m: m.get("streams")))
                self.assertIn("version", status["server"])
                self.assertEqual((status["streams"][0]["name"], status["streams"][0]["state"]), ("", "live"))
                header, payload = parse_frame(self.next_of(viewer, bytes))
                self.assertEqual((header["type"], header["seq"], header["width"], header["x"]), ("image/jpeg", 3, 16, {"kept": 1000.0}))
                self.assertNotIn("format", header)
                self.assertIn("wsserve", header["stages"])
                self.assertEqual(payload[:2], b"\xff\xd8")
                server.process.stdin.close()
                self.next_of(viewer, str, lambda m: m["streams"][0]["state"] == "ended")

    def test_at_most_two_pictures_are_unacknowledged_and_the_newest_follows(self):
        with Server() as server, self.open(server) as viewer:
            for i in range(5):
                server.write(frame(b"%d" % i))
                server.frames_in(i + 1)
            self.assertEqual([parse_frame(self.next_of(viewer, bytes))[1] for _ in range(2)], [b"0", b"1"])
            eventually(lambda: server.metric('drops_total{reason="replaced"}') == 2, "the drops")
            self.assertEqual(server.metric("frames_out_total"), 2)
            viewer.control(ack=1)
            self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"4")
            self.next_of(viewer, str, lambda m: m["streams"] and m["streams"][0]["drops"] == 2)

    def test_streams_come_and_go_by_subscription(self):
        with Server() as server:
            server.write(frame(b"a1", stream="a") + frame(b"b1", stream="b"))
            server.frames_in(2)
            with self.open(server, "/ws?stream=a") as viewer:
                self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"a1")
                viewer.control(subscribe=["b"])
                self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"b1")
                viewer.control(subscribe="*", ack=1, stream="b")
                self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"a1")
                server.write(frame(b"c1", stream="c"))
                self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"c1")

    def test_pause_ping_fps_and_errors(self):
        with Server() as server, self.open(server) as viewer:
            viewer.control(pause=True, ping={"id": [1]})
            self.assertEqual(json.loads(self.next_of(viewer, str, lambda m: "pong" in m))["pong"], {"id": [1]})
            server.write(frame(b"1"))
            eventually(lambda: server.metric('drops_total{reason="paused"}') == 1, "the drop")
            viewer.control(pause=False)
            self.assertEqual(parse_frame(self.next_of(viewer, bytes))[1], b"1")
            for bad, words in (("[1]", "a JSON object"), ("{", "a JSON object"), ('{"ack":9}', "more frames than were sent"), ('{"ack":1,"stream":"x"}', "never subscribed"),
                               ('{"ack":-1}', "a count"), ('{"fps":"x"}', "a number"), ('{"fps":-1}', "negative"), ('{"pause":1}', "true or false"),
                               ('{"subscribe":1}', "a list"), ('{"subscribe":[1]}', "a string"), (json.dumps({"subscribe": ["x"] * 65}), "64")):
                viewer.send(bad)
                self.assertIn(words, json.loads(self.next_of(viewer, str, lambda m: "error" in m))["error"])
            viewer.control(fps=0.001, ack=1)
            server.write(frame(b"2"))
            server.frames_in(2)
            server.write(frame(b"3"))
            server.write(frame(b"4"))
            eventually(lambda: server.metric('drops_total{reason="rate"}') == 1, "the rate")
            viewer.control(ping=2)  # what comes after its answer was written after the drops
            self.next_of(viewer, str, lambda m: m.get("pong") == 2)
            status = json.loads(self.next_of(viewer, str, lambda m: m.get("streams")))
            self.assertEqual(status["streams"][0]["drops"], 0, "what a viewer asked not to get, it does not miss")

    def test_text_as_bytes_is_for_bare_viewers(self):
        with Server() as server, WebSocket(server, "/ws?as=base64", protocol="framepipe.v1") as viewer:
            self.assertEqual(viewer.status, 400)


if __name__ == "__main__":
    main()
