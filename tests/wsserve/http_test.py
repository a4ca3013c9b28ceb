"""wsserve's HTTP endpoints."""
import gzip
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import unittest.mock

from harness import Server, WebSocket, eventually, frame, main, picture

JPEG = b"\xff\xd8 no decoder sees this \xff\xd9"


def parts(raw, boundary=b"framepipe-boundary"):
    """Yields (headers, payload) of a multipart stream read from a socket's file; the end of it ends them."""
    assert raw.readline() == b"--" + boundary + b"\r\n"
    while True:
        headers = {}
        while True:
            line = raw.readline()
            if line in (b"\r\n", b""):
                break
            name, value = line.decode().rstrip().split(": ")
            headers[name] = value
        if not headers:
            assert raw.readline() == b"--" + boundary + b"--\r\n"
            return
        payload = raw.read(int(headers["Content-Length"]))
        # The boundary comes with the part, not with the next one.
        assert raw.readline() == b"\r\n" and raw.readline() == b"--" + boundary + b"\r\n"
        yield headers, payload


def open_stream(server, target="/stream.mjpg"):
    raw = server.connect()
    raw.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    file = raw.makefile("rb")
    raw.close()
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += file.readline()
    return head.decode(), file


class Page(unittest.TestCase):
    def test_the_page_comes_packed_or_not_and_is_known_again(self):
        with Server() as server:
            plain = server.get("/")
            self.assertEqual((plain.status, plain.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            self.assertIn(b"<!doctype html>", plain.body.lower())
            packed = server.get("/", headers={"Accept-Encoding": "br, gzip"})
            self.assertEqual(packed.headers["Content-Encoding"], "gzip")
            self.assertEqual(gzip.decompress(packed.body), plain.body)
            again = server.get("/", headers={"If-None-Match": plain.headers["ETag"]})
            self.assertEqual((again.status, again.body), (304, b""))
            head = server.get("/", "HEAD")
            self.assertEqual((head.status, head.body, head.headers["Content-Length"]), (200, b"", str(len(plain.body))))

    def test_requests_follow_each_other_on_one_connection(self):
        with Server() as server:
            raw = server.connect()
            raw.sendall(b"GET /streams HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2 + b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := raw.recv(65536):
                data += piece
            raw.close()
            self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", data), [b"200", b"200", b"404"])
            self.assertIn(b"there is nothing here\n", data)

    def test_a_folder_of_the_users_takes_the_pages_place(self):
        with tempfile.TemporaryDirectory() as folder:
            site = os.path.join(folder, "site")
            os.makedirs(os.path.join(site, "js"))
            for name, text in {"site/index.html": "mine", "site/js/a b.js": "let x;", "site/.hidden": "no", "secret": "no"}.items():
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            os.symlink("../secret", os.path.join(site, "link"))
            os.symlink("js/a b.js", os.path.join(site, "inside"))
            os.mkfifo(os.path.join(site, "fifo"))
            with Server("--web", site) as server:
                self.assertEqual(server.get("/").body, b"mine")
                script = server.get("/js/a%20b.js")
                self.assertEqual((script.body, script.headers["Content-Type"]), (b"let x;", "text/javascript; charset=utf-8"))
                self.assertEqual(server.get("/js/a%20b.js", headers={"If-None-Match": script.headers["ETag"]}).status, 304)
                self.assertEqual(server.get("/inside").status, 200)
                for path in ("/.hidden", "/../secret", "/%2e%2e/secret", "/js/../../secret", "/js/..%2f..%2fsecret", "/link", "/fifo", "//secret", "/js", "/a%00"):
                    self.assertIn(server.get(path).status, (400, 404), path)

    def test_a_missing_folder_ends_the_start(self):
        with self.assertRaisesRegex(AssertionError, "cannot serve the folder /nowhere: no such file or directory"):
            with Server("--web", "/nowhere"):
                pass


class Mjpeg(unittest.TestCase):
    def test_the_head_is_as_mjpg_streamer_sends_it(self):
        with Server() as server:
            for target in ("/stream.mjpg", "/?action=stream"):
                answer = server.get(target, "HEAD")
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["Connection"], "close")
                self.assertEqual(answer.headers["Cache-Control"], "no-store, no-cache, must-revalidate, pre-check=0, post-check=0, max-age=0")
                self.assertEqual(answer.headers["Pragma"], "no-cache")
                self.assertEqual(answer.headers["Expires"], "Mon, 3 Jan 2000 12:34:56 GMT")
                self.assertEqual(answer.headers["Content-Type"], "multipart/x-mixed-replace;boundary=framepipe-boundary")
                self.assertEqual(answer.headers["X-Accel-Buffering"], "no")
                self.assertNotIn("Access-Control-Allow-Origin", answer.headers)

    def test_more_paths_for_pages_that_exist(self):
        with Server("--mjpeg-path", "/video_feed", "--mjpeg-path", "/cam/1", env={"FRAMEPIPE_TOKEN": "t"}) as server:
            server.write(frame(JPEG))
            for path in ("/video_feed", "/cam/1"):
                self.assertEqual(server.get(path, "HEAD").status, 401)
                head, file = open_stream(server, path + "?token=t")
                self.assertIn("multipart/x-mixed-replace", head)
                self.assertEqual(next(parts(file))[1], JPEG)
                file.close()
            self.assertEqual(server.get("/cam/2").status, 404)

    def test_parts_repeat_in_silence_and_the_stream_is_closed_in_order(self):
        with Server() as server:
            server.write(frame(JPEG, time_us=1700000000123456))
            head, file = open_stream(server)
            stream = parts(file)
            headers, payload = next(stream)
            self.assertEqual((headers["Content-Type"], payload), ("image/jpeg", JPEG))
            self.assertEqual(headers["X-Timestamp"], "1700000000.123456")
            begin = time.monotonic()
            self.assertEqual(next(stream)[1], JPEG)  # the repetition
            self.assertGreater(time.monotonic() - begin, 0.1)
            server.write(frame(JPEG + b"2"))
            self.assertEqual(next(stream)[1], JPEG + b"2")
            server.write(frame(b"words", "text/plain") + frame(JPEG + b"3"))
            got = next(stream)[1]
            if got == JPEG + b"2":  # repeated before the next one came
                got = next(stream)[1]
            self.assertEqual(got, JPEG + b"3")
            self.assertEqual(server.stop()[0], 0)
            for _ in stream:
                pass  # ends without a complaint only at the closing delimiter
            file.close()

    def test_ffmpeg_records_as_many_frames_as_it_is_told(self):
        whole = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=1", "-c:v", "mjpeg", "-f", "image2pipe", "-"],
                               stdout=subprocess.PIPE, check=True).stdout
        pictures = [b"\xff\xd8" + one for one in whole.split(b"\xff\xd8")[1:]]
        for options in ([], ["-f", "mpjpeg", "-strict_mime_boundary", "1"]):
            with self.subTest(options=options), Server() as server, tempfile.TemporaryDirectory() as folder:
                film = os.path.join(folder, "film.mjpg")
                command = ["ffmpeg", "-v", "error", "-nostdin", *options, "-i", f"http://127.0.0.1:{server.port}/stream.mjpg",
                           "-frames:v", "40", "-c", "copy", "-f", "mjpeg", film]
                with subprocess.Popen(command, stdin=subprocess.DEVNULL) as recorder:
                    while recorder.poll() is None:
                        for one in pictures:
                            server.write(frame(one))
                            time.sleep(0.01)
                self.assertEqual(recorder.returncode, 0)
                with open(film, "rb") as file:
                    recorded = file.read()
                self.assertEqual(recorded.count(b"\xff\xd8"), 40)
                # The bytes are those that came in.
                self.assertLessEqual({b"\xff\xd8" + one for one in recorded.split(b"\xff\xd8")[1:]}, set(pictures))

    def test_a_picture_that_does_not_change_comes_again_and_again(self):
        with Server() as server:
            server.write(frame(JPEG))
            _, file = open_stream(server)
            stream = parts(file)
            for _ in range(4):
                self.assertEqual(next(stream)[1], JPEG)
            file.close()

    def test_pictures_become_jpeg_unless_their_own_type_is_asked_for(self):
        with Server() as server:
            server.write(picture())
            _, file = open_stream(server)
            headers, payload = next(parts(file))
            self.assertEqual((headers["Content-Type"], payload[:2]), ("image/jpeg", b"\xff\xd8"))
            file.close()
            server.write(frame(b"\x89PNG...", "image/png"))
            server.frames_in(2)
            _, file = open_stream(server, "/stream.mjpg?as=image")
            self.assertEqual(next(parts(file)), ({"Content-Type": "image/png", "Content-Length": "7", "X-Timestamp": unittest.mock.ANY}, b"\x89PNG..."))
            file.close()

    def test_wrong_words_in_the_query_are_refused(self):
        with Server() as server:
            self.assertEqual(server.get("/stream.mjpg?as=raw").status, 400)
            self.assertEqual(server.get("/stream.mjpg?fps=many").status, 400)


class Snapshot(unittest.TestCase):
    def test_without_a_picture_it_says_so(self):
        with Server() as server:
            answer = server.get("/snapshot.jpg")
            self.assertEqual((answer.status, answer.body), (503, b"no frame has come yet\n"))

    def test_the_latest_or_a_fresh_one(self):
        with Server() as server:
            server.write(frame(JPEG, time_us=5000001))
            server.frames_in(1)
            for target in ("/snapshot.jpg", "/?action=snapshot", "/snapshot.jpg?max_age=60000"):
                answer = server.get(target)
                self.assertEqual((answer.status, answer.body, answer.headers["X-Timestamp"]), (200, JPEG, "5.000001"))
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(server.get("/snapshot.jpg?max_age=0").body))
            waiting.start()
            eventually(lambda: server.metric("stream_viewers") == 1, "the request that waits")
            server.write(frame(JPEG + b"fresh"))
            waiting.join()
            self.assertEqual(answers, [JPEG + b"fresh"])
            self.assertEqual(server.get("/snapshot.jpg?max_age=soon").status, 400)

    def test_pixels_come_as_jpeg_and_a_stream_by_its_name(self):
        with Server() as server:
            server.write(picture(stream="a") + frame(JPEG, stream="b"))
            server.frames_in(2)
            self.assertEqual(server.get("/snapshot.jpg?stream=b").body, JPEG)
            self.assertEqual(server.get("/snapshot.jpg").body[:2], b"\xff\xd8")
            self.assertEqual(server.get("/snapshot.jpg").headers["Content-Type"], "image/jpeg")
            lossless = server.get("/snapshot.jpg?as=lossless")
            self.assertEqual((lossless.headers["Content-Type"], lossless.body[:4]), ("image/png", b"\x89PNG"))
            self.assertEqual(server.get("/snapshot.jpg?as=lossless&stream=b").headers["Content-Type"], "image/jpeg")
            self.assertEqual(server.get("/snapshot.jpg?as=gif").status, 400)

    def test_a_broken_picture_is_said_once_and_not_shown(self):
        with Server() as server:
            server.write(frame(b"123", "image/x-raw", format="rgb24", width=16, height=16))
            server.frames_in(1)
            answer = server.get("/snapshot.jpg")
            self.assertEqual((answer.status, answer.body), (503, b"the picture is broken\n"))
            server.get("/snapshot.jpg")
            server.said("cannot show a picture")
            self.assertEqual(sum("cannot show" in line for line in server.lines), 1)


class State(unittest.TestCase):
    def test_health_streams_and_metrics_follow_the_input(self):
        with Server() as server:
            self.assertEqual(server.get("/healthz").status, 503)
            server.write(frame(JPEG, width=4, height=3, stream="cam"))
            server.frames_in(1)
            self.assertEqual((server.get("/healthz").status, server.get("/healthz").body), (200, b"ok\n"))
            stream, = server.streams()
            self.assertEqual((stream["name"], stream["type"], stream["width"], stream["height"], stream["state"], stream["frames"], stream["bytes"]),
                             ("cam", "image/jpeg", 4, 3, "live", 1, len(JPEG)))
            server.process.stdin.close()
            eventually(lambda: server.get("/healthz").status == 503, "the end of the input")
            self.assertEqual(server.get("/healthz").body, b"the input has ended\n")
            self.assertEqual(server.streams()[0]["state"], "ended")
            self.assertEqual(server.metric('stream_state{stream="cam",state="ended"}'), 1)
            self.assertEqual(server.get("/snapshot.jpg").body, JPEG)

    def test_an_end_frame_ends_its_stream_alone(self):
        with Server() as server:
            server.write(frame(JPEG, stream="a") + frame(JPEG, stream="b") + frame(stream="a", end=True))
            eventually(lambda: [s["state"] for s in server.streams()] == ["ended", "live"], "the end of stream a")
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertEqual(server.get("/snapshot.jpg?stream=a").body, JPEG)

    def test_metrics_are_prometheus_text(self):
        with Server() as server:
            server.write(frame(JPEG, stream='odd"\\\n'))
            server.frames_in(1)
            for line in server.get("/metrics").body.decode().splitlines():
                self.assertRegex(line, r'^(# (HELP|TYPE) (framepipe|process)_\w+ .+|(framepipe|process)_\w+(\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\]|\\.)*")*\})? -?[0-9.e+-]+)$')


class BadRequests(unittest.TestCase):
    def status(self, server, data):
        raw = server.connect()
        raw.sendall(data)
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
        raw.close()
        match = re.match(rb"HTTP/1.1 (\d+) ", answer)
        self.assertTrue(match, answer)
        self.assertRegex(answer, rb"\r\n\r\n[^\n]+\n$")
        return int(match[1])

    def test_each_gets_a_line_and_the_server_goes_on(self):
        with Server() as server:
            self.assertEqual(self.status(server, b"\x16\x03\x01 TLS is not spoken here"), 400)
            self.assertEqual(self.status(server, b"GET\r\n\r\n"), 400)
            self.assertEqual(self.status(server, b"GET / HTTP/1.1\r\n\r\n"), 400)
            self.assertEqual(self.status(server, b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400)
            self.assertEqual(self.status(server, b"DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 405)
            self.assertEqual(self.status(server, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"), 405)
            self.assertEqual(self.status(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n"), 431)
            self.assertEqual(self.status(server, b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 426)
            self.assertEqual(server.get("/healthz").status, 503)

    def test_half_a_request_is_let_go(self):
        with Server() as server:
            raw = server.connect()
            raw.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            self.assertIn(b" 408 ", raw.recv(4096))
            raw.close()

    def test_thousands_of_idle_connections(self):
        with Server() as server:
            server.write(frame(JPEG))
            import resource
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            wanted = min(10000, hard - 200)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            idle = [server.connect() for _ in range(wanted)]
            try:
                eventually(lambda: server.metric("connections ") > wanted, "all connections")
                with WebSocket(server) as viewer:
                    self.assertEqual(viewer.message(), JPEG)
            finally:
                for one in idle:
                    one.close()
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_a_server_out_of_descriptors_takes_viewers_later(self):
        import resource
        with Server(preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))) as server:
            crowd = [server.connect() for _ in range(80)]
            server.said("cannot take more viewers for now: too many open files")
            for one in crowd:
                one.close()
            self.assertEqual(server.get("/healthz").status, 503)


class Limits(unittest.TestCase):
    def refusals(self, server, reason):
        return server.metric(f'refusals_total{{reason="{reason}"}}')

    def test_a_full_server_says_so_and_can_still_be_watched_over(self):
        with Server("--max-connections", "3") as server:
            server.write(frame(JPEG))
            server.frames_in(1)
            crowd = [WebSocket(server) for _ in range(3)]
            self.assertEqual([viewer.message() for viewer in crowd], [JPEG] * 3)
            answer = server.get("/snapshot.jpg")
            self.assertEqual((answer.status, answer.body), (503, b"the server is full: it has 3 connections (its --max-connections)\n"))
            self.assertEqual((answer.headers["Connection"], answer.headers["Retry-After"]), ("close", "10"))
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.status, 503)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertGreaterEqual(self.refusals(server, "connections"), 4)  # that of the question too
            server.said("refused a connection: the server is full")
            crowd.pop().socket.close()
            eventually(lambda: server.get("/snapshot.jpg").status == 200, "a place")
            for viewer in crowd:
                viewer.socket.close()

    def test_a_flood_at_a_full_server_disturbs_nobody(self):
        with Server("--max-connections", "1") as server, WebSocket(server) as viewer:
            server.viewers(1)
            flood = [server.connect() for _ in range(1000)]
            for number in range(20):
                server.write(frame(JPEG + b"%d" % number))
                self.assertEqual(viewer.message(), JPEG + b"%d" % number)
            for one in flood:  # each is let go, though it says nothing
                try:
                    self.assertEqual(one.recv(10), b"")
                except ConnectionResetError:
                    pass
                one.close()
            eventually(lambda: server.get("/snapshot.jpg").status == 503, "an answer")

    def test_an_address_has_its_share(self):
        with Server("--max-connections-per-address", "2") as server:
            with WebSocket(server), WebSocket(server):
                answer = server.get("/streams")
                self.assertEqual(answer.status, 503)
                self.assertIn(b"--max-connections-per-address", answer.body)
                self.assertGreaterEqual(self.refusals(server, "address_connections"), 1)
            eventually(lambda: server.get("/streams").status == 200, "a place")

    def test_requests_beyond_the_rate_are_refused(self):
        with Server("--max-request-rate", "5") as server:
            answers = [server.get("/streams") for _ in range(30)]
            refused = next(answer for answer in answers if answer.status == 429)
            self.assertEqual([answer.status for answer in answers[:10]], [200] * 10)
            self.assertEqual((refused.body, refused.headers["Retry-After"]),
                             (b"more than 5 requests a second from your address (the server's --max-request-rate)\n", "1"))
            answer = eventually(lambda: (one := server.get("/metrics")).status == 200 and one, "requests to be answered again")
            self.assertRegex(answer.body, rb'refusals_total\{reason="request_rate"\} [1-9]')


class Access(unittest.TestCase):
    def host(self, server, name):
        return server.get("/streams", headers={"Host": name})

    def test_only_names_of_this_machine_are_answered(self):
        with Server("--allow-host", "Pictures.example") as server:
            for name in ("localhost", "127.0.0.1:1", "[::1]:99", "10.1.2.3", socket.gethostname(), socket.gethostname() + ".local", "pictures.example:80"):
                self.assertEqual(self.host(server, name).status, 200, name)
            answer = self.host(server, "evil.example")
            self.assertEqual(answer.status, 421)
            self.assertIn(b"--allow-host evil.example would admit it", answer.body)
            server.said("--allow-host evil.example")

    def test_only_own_pages_open_websockets(self):
        with Server("--allow-origin", "https://good.example") as server:
            own = f"http://127.0.0.1:{server.port}"
            for origin, status in ((None, 101), (own, 101), ("https://good.example", 101), ("http://127.0.0.1:1", 403), ("null", 403), ("http://evil.example", 403)):
                with WebSocket(server, origin=origin) as viewer:
                    self.assertEqual(viewer.status, status, origin)
            with WebSocket(server, origin="http://evil.example") as viewer:
                self.assertIn(b"--allow-origin http://evil.example would admit it", viewer._until(b"\n"))
            self.assertEqual(server.get("/streams", headers={"Origin": "https://good.example"}).headers["Access-Control-Allow-Origin"], "https://good.example")
            self.assertNotIn("Access-Control-Allow-Origin", server.get("/streams", headers={"Origin": own}).headers)

    def test_pages_from_disk_and_all_pages_by_option(self):
        with Server("--allow-origin", "null") as server:
            with WebSocket(server, origin="null") as viewer:
                self.assertEqual(viewer.status, 101)
        with Server("--allow-origin", "*") as server:
            for origin, status in (("http://any.example", 101), ("null", 101)):
                with WebSocket(server, origin=origin) as viewer:
                    self.assertEqual(viewer.status, status)

    def test_a_token_guards_the_pictures(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("s3cret\n")
            file.flush()
            for options in ({"env": {"FRAMEPIPE_TOKEN": "s3cret"}}, {}):
                with Server(*([] if options else ["--token-file", file.name]), **options) as server:
                    for path in ("/stream.mjpg", "/snapshot.jpg", "/streams", "/metrics", "/?action=snapshot"):
                        answer = server.get(path)
                        self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"), path)
                        self.assertIn(b"--token-file", answer.body)
                    self.assertEqual(server.get("/streams?token=s3cret").status, 200)
                    self.assertEqual(server.get("/streams?token=s3cre").status, 401)
                    self.assertEqual(server.get("/streams", headers={"Authorization": "Bearer s3cret"}).status, 200)
                    self.assertEqual(server.get("/streams", headers={"Authorization": "Bearer s3cret "}).status, 200)
                    self.assertEqual(server.get("/streams", headers={"Authorization": "Bearer other"}).status, 401)
                    self.assertEqual(server.get("/").status, 200)
                    for path, status in (("/ws", 401), ("/ws?token=s3cret", 101)):
                        with WebSocket(server, path) as viewer:
                            self.assertEqual(viewer.status, status)
                    self.assertFalse(any("s3cret" in line for line in server.lines))


if __name__ == "__main__":
    main()
