"""wsserve --publish: producers push frames, viewers get them."""
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest
import zlib

from harness import BIN, Closed, Server, WebSocket, eventually, frame, main, parse_frame


def png(level=128, width=4, height=4):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + bytes([level] * width)) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def data_url(picture):
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def publisher(*arguments, **more):
    return Server("--publish", *arguments, stdin=subprocess.DEVNULL, **more)


def post(server, body, path="/publish", method="POST", **headers):
    answer = server.get(path, method, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    return answer.status, answer.body.decode()


def last_picture(server, stream=""):
    return server.get(f"/snapshot.jpg?as=image&stream={stream}").body


def frames(socket, count):
    """So many binary messages of a framepipe.v1 viewer, as (header, payload)."""
    found = []
    while len(found) < count:
        message = socket.message()
        if isinstance(message, bytes):
            found.append(parse_frame(message))
            socket.control(ack=len(found), stream=found[-1][0].get("stream", ""))
    return found


class ByRequest(unittest.TestCase):
    def test_a_picture(self):
        with publisher() as server:
            for method in ("POST", "PUT"):
                self.assertEqual(post(server, png(), method=method), (200, "1 frame\n"))
            self.assertEqual(last_picture(server), png())
            stream, = server.streams()
            self.assertEqual((stream["name"], stream["type"], stream["width"], stream["frames"]), ("", "image/png", 4, 2))
            eventually(lambda: server.streams()[0]["state"] == "ended", "the end")

    def test_frames_get_a_number_and_a_time_where_they_have_none(self):
        with publisher() as server, WebSocket(server, "/ws?stream=a", "framepipe.v1") as viewer:
            for level in (1, 2):
                self.assertEqual(post(server, png(level), "/publish?stream=a")[0], 200)
                header, payload = frames(viewer, 1)[0]
                self.assertEqual((header["seq"], header["stream"], payload), (level - 1, "a", png(level)))
                self.assertGreater(header["time_us"], 1.7e15)
            post(server, frame(png(3), "image/png", stream="a", seq=70, time_us=5))
            header, _ = frames(viewer, 1)[0]
            self.assertEqual((header["seq"], header["time_us"]), (70, 5))

    def test_every_dialect(self):
        def part(picture):
            return b"--b\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"

        bodies = {
            "frames": frame(png(1), "image/png") + frame(png(2), "image/png"),
            "pictures": png(1) + png(2),
            "multipart": part(png(1)) + part(png(2)) + b"--b--\r\n",
        }
        with publisher() as server:
            for name, body in bodies.items():
                with self.subTest(name):
                    status, words = post(server, body, f"/publish?stream={name}")
                    self.assertEqual((status, words[:8]), (200, "2 frames"), words)  # and perhaps which of them gave way
                    self.assertEqual(last_picture(server, name), png(2))
            self.assertEqual(post(server, b"one\ntwo\n", "/publish?stream=lines"), (200, "2 frames\n"))
            self.assertEqual({s["name"]: s["type"] for s in server.streams()}["lines"], "text/plain")

    def test_a_body_in_chunks_shows_as_it_comes(self):
        with publisher() as server, WebSocket(server, "/ws?stream=live") as viewer:
            producer = server.connect()
            producer.sendall(b"POST /publish?stream=live HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                             b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(producer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            for level in (1, 2, 3):
                half = len(png(level)) // 2
                for piece in (png(level)[:half], png(level)[half:]):
                    producer.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.assertEqual(viewer.message(), png(level))
            self.assertEqual(server.streams()[0]["state"], "live")
            producer.sendall(b"0\r\n\r\nGET /streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answers = b""
            while piece := producer.recv(65536):
                answers += piece
            self.assertIn(b"3 frames\n", answers)
            self.assertIn(b'"state":"ended"', answers)  # the next request on the same connection
            producer.close()

    @unittest.skipUnless(shutil.which("curl"), "curl")
    def test_curl(self):
        with publisher() as server, tempfile.TemporaryDirectory() as folder:
            take = os.path.join(folder, "take.frames")
            with open(take, "wb") as file:
                subprocess.run([os.path.join(BIN, "capture"), "test:", "--count", "20", "--fps", "0"], stdout=file, check=True)
            url = f"http://127.0.0.1:{server.port}/publish?stream="
            for name, command in {"file": f"curl -sS -T {take} '{url}file'", "pipe": f"cat {take} | curl -sS -T - '{url}pipe'"}.items():
                done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30)
                self.assertEqual((done.stdout, done.stderr), (b"20 frames\n", b""), name)

    def test_the_name_of_a_stream_is_what_was_meant(self):
        with publisher() as server:
            # As browsers and Python read them.
            names = {"100%": "100%", "%zz": "%zz", "a%2": "a%2", "50%25+%C3%BC": "50% \u00fc", "%E2%82%AC%": "\u20ac%"}
            for written in names:
                self.assertEqual(post(server, png(), f"/publish?stream={written}")[0], 200, written)
                self.assertEqual(last_picture(server, written), png(), written)
                with WebSocket(server, f"/ws?stream={written}") as viewer:
                    self.assertEqual(viewer.message(), png())
            self.assertEqual([s["name"] for s in server.streams()], list(names.values()))
            for written in ("a%00b", "%00", "%ff"):
                status, words = post(server, png(), f"/publish?stream={written}")
                self.assertEqual((status, "the name of a stream" in words), (400, True), written)
                for path in ("/publish", "/ws"):
                    with WebSocket(server, f"{path}?stream={written}") as socket:
                        self.assertEqual(socket.status, 400, written)
                for path in ("/snapshot.jpg", "/stream.mjpg"):
                    self.assertEqual(server.get(f"{path}?stream={written}").status, 400, written)
            self.assertEqual(len(server.streams()), len(names))

    def test_what_is_no_frame_is_refused_in_words(self):
        with publisher("--max-frame", "1000") as server:
            cases = {
                b"\x1f\x8b no": "gzip data",
                frame(b"ok") + b"printed between\n" + frame(b"ok"): "does a program in the pipe print",
                frame(b"x" * 1001): "over the limit of 1000 (--max-frame)",
                frame(b"cut")[:-1]: "input ended inside the frame",
                b"": "is to be sent along",
            }
            for body, words in cases.items():
                status, text = post(server, body)
                self.assertEqual(status, 400, words)
                self.assertIn(words, text)
            with server.connect() as broken:
                broken.sendall(b"POST /publish HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n")
                self.assertIn(b"400 Bad Request", broken.recv(1000))
            self.assertEqual(server.get("/publish").status, 405)
            self.assertEqual(post(server, b"x", method="DELETE")[0], 405)

    def test_a_producer_that_vanishes_frees_its_stream(self):
        with publisher() as server:
            producer = server.connect()
            producer.sendall(b"POST /publish?stream=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + png(7))
            eventually(lambda: server.streams() and server.streams()[0]["state"] == "live", "the picture")
            producer.close()
            eventually(lambda: server.streams()[0]["state"] == "ended", "the end")
            self.assertEqual(last_picture(server, "a"), png(7))
            self.assertEqual(post(server, png(8), "/publish?stream=a")[0], 200)
            self.assertEqual(last_picture(server, "a"), png(8))


class BySocket(unittest.TestCase):
    def test_bare_messages_are_pictures_and_text(self):
        with publisher() as server, WebSocket(server, "/ws?stream=s", "framepipe.v1") as viewer:
            with WebSocket(server, "/publish?stream=s") as producer:
                sent = [png(1), data_url(png(2)), "a word", "data:image/png;base64,broken", b"\x00\x01"]
                got = []
                for message in sent:
                    producer.send(message)
                    got += frames(viewer, 1)
                self.assertEqual([h["type"] for h, _ in got],
                                 ["image/png", "image/png", "text/plain", "text/plain", "application/octet-stream"])
                self.assertEqual([p for _, p in got], [png(1), png(2), b"a word", b"data:image/png;base64,broken", b"\x00\x01"])
                self.assertEqual([h["seq"] for h, _ in got], [0, 1, 2, 3, 4])
                self.assertTrue(got[1][0]["live"])
                self.assertEqual(got[1][0]["width"], 4)
                producer.send(b"hello", opcode=9)
                self.assertEqual(producer.read(), (10, b"hello"))
            eventually(lambda: server.streams()[0]["state"] == "ended", "the end")

    def test_whole_frames_are_acknowledged(self):
        with publisher() as server, WebSocket(server, "/publish?stream=rest", "framepipe.v1") as producer:
            self.assertIn("Sec-WebSocket-Protocol: framepipe.v1", producer.head)
            producer.send(frame(png(1), "image/png", stream="door", seq=3))
            self.assertEqual(json.loads(producer.message()), {"ack": 1})
            producer.send(frame(b"words", "text/plain"))
            self.assertEqual(json.loads(producer.message()), {"ack": 2})
            self.assertEqual({s["name"] for s in server.streams()}, {"door", "rest"})
            producer.control(ping=[1])
            self.assertEqual(json.loads(producer.message())["pong"], [1])
            producer.send("no json")
            self.assertIn("error", json.loads(producer.message()))
            producer.send(frame(stream="door", end=True))
            self.assertEqual(json.loads(producer.message()), {"ack": 3})
            eventually(lambda: {s["name"]: s["state"] for s in server.streams()}["door"] == "ended", "the end of one")
            producer.send(frame(b"x") + b"y")
            self.assertEqual(producer.closing()[0], 1007)

    def test_recorded_frames_are_all_taken_and_live_ones_may_be_replaced(self):
        with publisher() as server, WebSocket(server, "/publish", "framepipe.v1") as producer:
            for n in range(500):
                producer.send(frame(b"%d" % n))
            done = 0
            while done < 500:
                done = json.loads(producer.message())["ack"]
            self.assertEqual(server.metric("frames_in_total"), 500)
            for n in range(500):
                producer.send(frame(b"%d" % n, live=True))
            while done < 1000:
                done = json.loads(producer.message())["ack"]
            self.assertEqual(server.metric("frames_in_total") + server.metric('input_drops_total{reason="replaced"}'), 1000)
            self.assertEqual(last_picture(server), b"499")

    def test_a_message_over_the_limit_ends_the_producer(self):
        with publisher("--max-frame", "1000") as server:
            with WebSocket(server, "/publish") as producer:
                producer.send(b"x" * 80000)
                self.assertEqual(producer.closing()[0], 1009)
            server.said("a WebSocket client sent what cannot be taken: message over the limit")
            for _ in range(2):
                with WebSocket(server, "/publish", "framepipe.v1") as producer:
                    producer.send(frame(b"x" * 1001))
                    self.assertIn("--max-frame", producer.closing()[1])
            server.said("a producer sent what is no frame: ")
            self.assertEqual(len([line for line in server.lines if "let a connection go" in line]), 2, server.lines)


class Rights(unittest.TestCase):
    def test_off_unless_asked_for(self):
        with Server() as server:
            self.assertEqual(post(server, png()), (403, "nobody may push frames to this server; its option --publish would admit it\n"))
            with WebSocket(server, "/publish") as producer:
                self.assertEqual(producer.status, 403)

    def test_the_token_guards_producers_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            token = os.path.join(folder, "token")
            with open(token, "w") as file:
                file.write("s3cret\n")
            with Server("--publish-token-file", token, stdin=subprocess.DEVNULL) as server:
                status, words = post(server, png())
                self.assertEqual(status, 401)
                self.assertIn("--publish-token-file", words)
                self.assertEqual(post(server, png(), "/publish?token=wrong")[0], 401)
                self.assertEqual(post(server, png(), "/publish?token=s3cret")[0], 200)
                self.assertEqual(post(server, png(), Authorization="Bearer s3cret")[0], 200)
                with WebSocket(server, "/publish") as producer:
                    self.assertEqual(producer.status, 401)
                with WebSocket(server, "/publish?token=s3cret") as producer:
                    self.assertEqual(producer.status, 101)
                self.assertEqual(server.get("/snapshot.jpg").status, 200)
            with publisher(env={"FRAMEPIPE_TOKEN": "all"}) as server:
                # Who may not even watch may not push either.
                self.assertEqual(post(server, png())[0], 401)
                self.assertEqual(post(server, png(), "/publish?token=all")[0], 200)

    def test_pages_from_elsewhere_may_not_push(self):
        with publisher() as server:
            self.assertEqual(post(server, png(), Origin="https://evil.example")[0], 403)
            self.assertEqual(post(server, png(), Origin=f"http://127.0.0.1:{server.port}")[0], 200)
            self.assertEqual(post(server, png(), Host="evil.example")[0], 421)
            with WebSocket(server, "/publish", origin="null") as producer:
                self.assertEqual(producer.status, 403)

    def test_one_producer_a_stream(self):
        with publisher() as server, WebSocket(server, "/publish?stream=a") as first:
            first.send(png(1))
            server.frames_in(1)
            status, words = post(server, png(2), "/publish?stream=a")
            self.assertEqual((status, "--takeover" in words), (409, True))
            self.assertEqual(post(server, frame(png(2), "image/png", stream="a"))[0], 409)
            with WebSocket(server, "/publish?stream=a") as second:
                code, words = second.closing()
                self.assertEqual((code, "--takeover" in words), (1008, True))
            with WebSocket(server, "/publish", "framepipe.v1") as third:
                third.send(frame(png(2), "image/png", stream="a"))
                self.assertEqual(third.closing()[0], 1008)
            first.send(png(3))
            eventually(lambda: last_picture(server, "a") == png(3), "the first producer's picture")
            self.assertEqual(server.metric('refusals_total{reason="publish"}'), 2)

    def test_a_new_producer_may_take_over(self):
        with publisher("--takeover") as server, WebSocket(server, "/publish?stream=a") as first:
            first.send(png(1))
            server.frames_in(1)
            with WebSocket(server, "/publish?stream=a") as second:
                self.assertEqual(first.closing()[0], 1008)
                second.send(png(2))
                eventually(lambda: last_picture(server, "a") == png(2), "the new picture")
                self.assertEqual(server.streams()[0]["state"], "live")

    def test_a_stream_of_the_input_is_no_producers(self):
        with Server("--publish") as server:
            server.write(frame(b"mine"))
            server.frames_in(1)
            self.assertEqual(post(server, png(), "/publish?stream=")[0], 409)
            self.assertEqual(post(server, png(), "/publish?stream=other")[0], 200)
            server.process.stdin.close()
            eventually(lambda: post(server, png(), "/publish?stream=")[0] == 200, "the input's stream, free")

    def test_an_input_finds_its_stream_taken(self):
        with Server("--publish") as server, WebSocket(server, "/publish") as producer:
            producer.send(png(1))
            server.frames_in(1)
            server.write(frame(b"mine"))
            server.said('cannot take stream "": a producer feeds it already')
            self.assertEqual(last_picture(server), png(1))

    def test_too_many_live_pictures_a_second_are_left_out(self):
        with publisher("--publish-rate", "0.01") as server:
            self.assertEqual(post(server, png(1))[0], 200)
            status, words = post(server, png(2))
            self.assertEqual((status, "--publish-rate" in words), (429, True))
            with WebSocket(server, "/publish?stream=b", "framepipe.v1") as producer:
                for n in range(5):
                    producer.send(frame(png(n), "image/png", live=True))
                    while json.loads(producer.message())["ack"] <= n:
                        pass
                self.assertEqual(server.metric('input_drops_total{reason="rate"}'), 5)
                self.assertEqual(server.metric('frames_in_total{stream="b"}'), 1)
            said = [line for line in server.lines if "--publish-rate" in line]
            self.assertEqual((len(said), 'stream ""' in said[0]), (1, True), said)

    def test_a_producer_of_other_frames_is_held_up_and_loses_none(self):
        with publisher("--publish-rate", "50") as server:
            body = b"".join(frame(b"%d" % n) for n in range(100))
            self.assertEqual(post(server, body, "/publish?stream=a"), (200, "100 frames\n"))
            with WebSocket(server, "/publish?stream=b", "framepipe.v1") as whole, WebSocket(server, "/publish?stream=c") as bare:
                for n in range(100):
                    whole.send(frame(b"%d" % n))
                    bare.send(f"{n}")
                while json.loads(whole.message())["ack"] < 100:
                    pass
                eventually(lambda: server.metric('frames_in_total{stream="c"}') == 100, "all texts")
            for name in "abc":
                self.assertEqual(server.metric('frames_in_total{stream="%s"}' % name), 100)
                self.assertEqual(last_picture(server, name) if name != "c" else b"99", b"99")
            self.assertEqual(server.metric("input_drops_total"), 0)

    def test_the_end_of_a_stream_is_not_left_out(self):
        with publisher("--publish-rate", "2") as server, WebSocket(server, "/publish", "framepipe.v1") as producer:
            for n in range(3):
                producer.send(frame(png(n), "image/png", live=True))
            producer.send(frame(type="image/png", live=True, end=True))
            eventually(lambda: server.streams() and server.streams()[0]["state"] == "ended", "the end")

    def test_a_producer_that_is_held_up_goes_when_it_loses_its_stream(self):
        with publisher("--publish-rate", "0.01", "--takeover") as server, WebSocket(server, "/publish?stream=a") as first:
            first.send("1")
            first.send("2")
            server.frames_in(1)
            with WebSocket(server, "/publish?stream=a"):
                self.assertEqual(first.closing()[0], 1008)

    def test_the_answer_tells_which_pictures_gave_way(self):
        with publisher() as server:
            pictures = 5000
            status, words = post(server, png() * pictures)
            shown = int(server.metric("frames_in_total"))
            replaced = int(server.metric('input_drops_total{reason="replaced"}'))
            too_fast = int(server.metric('input_drops_total{reason="rate"}'))
            self.assertEqual((status, shown + replaced + too_fast), (200, pictures))
            for count, what in ((replaced, "gave way to newer ones"), (too_fast, "were over 1000 a second (the server's --publish-rate)")):
                self.assertEqual(f", {count} of them {what}" in words, count > 0, words)
            self.assertGreater(replaced + too_fast, 0)

    def test_too_many_streams(self):
        with publisher() as server, WebSocket(server, "/publish", "framepipe.v1") as producer:
            for n in range(257):
                producer.send(frame(b"x", stream=f"s{n}"))
            self.assertIn("no room", producer.closing()[1])
            # With the producer's end its streams are past, and one gives way.
            eventually(lambda: post(server, png(), "/publish?stream=more")[0] == 200, "room for one more")
            names = [stream["name"] for stream in server.streams()]
            self.assertEqual((len(names), names[0], names[-1]), (256, "s1", "more"))

    def test_wrong_usage(self):
        for rate in ("0", "fast"):
            done = subprocess.run([os.path.join(BIN, "wsserve"), "--publish-rate", rate], stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual(done.returncode, 2)

    def test_everybody_on_the_network_is_worth_a_warning(self):
        with publisher(listen=":0") as server:
            server.said("--publish-token-file FILE asks producers for a token")


class Viewers(unittest.TestCase):
    def test_a_stalled_viewer_holds_up_no_producer(self):
        with publisher() as server, WebSocket(server, "/ws?stream=a", receive_buffer=4096) as stalled, \
                WebSocket(server, "/publish?stream=a", "framepipe.v1") as producer:
            server.viewers(1)
            for n in range(200):
                producer.send(frame(bytes([n]) * 100_000, live=True))
                while json.loads(producer.message())["ack"] < n + 1:
                    pass
            self.assertEqual(server.metric("frames_in_total"), 200)
            self.assertGreater(server.metric('drops_total{reason="replaced"}'), 50)
            stalled.socket.close()

    def test_pixels_from_a_producer_are_jpeg_for_viewers(self):
        with publisher() as server:
            pixels = frame(bytes([9] * 48), "image/x-raw", format="rgb24", width=4, height=4)
            self.assertEqual(post(server, pixels)[0], 200)
            self.assertEqual(server.get("/snapshot.jpg").body[:2], b"\xff\xd8")

    def test_a_server_that_waits_for_producers_is_well(self):
        with publisher() as server:
            self.assertEqual(server.get("/healthz").status, 200)
            post(server, png())
            eventually(lambda: server.get("/healthz").body == b"all streams have ended\n", "the complaint")

    def test_the_server_ends_with_a_producer_in_full_flow(self):
        with publisher() as server:
            producer = server.connect()
            producer.sendall(b"POST /publish HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = png()
            producer.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            server.frames_in(1)
            code, seconds = server.stop()
            self.assertEqual(code, 0)
            producer.close()


if __name__ == "__main__":
    main()
