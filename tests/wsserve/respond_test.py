"""wsserve --respond: every answer to its own asker, whatever the pipeline does."""
import json
import os
import signal
import subprocess
import unittest

from harness import Server, WebSocket, eventually, frame, main, parse_frame

# A filter that knows nothing of `request`: it answers with the payload in upper case. Some payloads
# make it end, hang or print.
FOREIGN = """python3 -u -c '
import sys, struct
i, o = sys.stdin.buffer, sys.stdout.buffer
while (p := i.read(16)):
    h, n = struct.unpack("<IQ", p[4:])
    i.read(h)
    b = i.read(n)
    if b == b"die": sys.exit(7)
    if b == b"hang": continue
    if b == b"print": o.write(b"hello there\\n"); o.flush(); continue
    t = b"{\\"type\\":\\"text/plain\\"}"
    b = b.upper()
    o.write(b"FPF1" + struct.pack("<IQ", len(t), len(b)) + t + b)
    o.flush()
'"""

# A filter that carries `request` over: it answers with HEAD and BODY, Python expressions of the
# request's header `r` and its text `h`.
CARRIES = """python3 -u -c '
import sys, struct, json
i, o = sys.stdin.buffer, sys.stdout.buffer
while (p := i.read(16)):
    n, m = struct.unpack("<IQ", p[4:])
    h = i.read(n); i.read(m); r = json.loads(h)
    t = json.dumps(dict(HEAD, request=r["request"])).encode(); b = BODY
    o.write(b"FPF1" + struct.pack("<IQ", len(t), len(b)) + t + b); o.flush()
'"""


def ask(socket, text):
    socket.send(text)
    return socket.message()


def respond(command, *arguments, each=False, stdin=subprocess.DEVNULL):
    return Server("--respond-each" if each else "--respond", command, *arguments, stdin=stdin)


class Answers(unittest.TestCase):
    def test_every_answer_goes_to_its_own_asker_in_order(self):
        for command, each in (("cat", False), ("cat", True), (FOREIGN, False)):
            with self.subTest(command=command, each=each), respond(command, each=each) as server:
                sockets = [WebSocket(server) for _ in range(50)]
                for n in range(20):
                    for k, socket in enumerate(sockets):
                        socket.send(f"{k}:{n}:A")
                    for k, socket in enumerate(sockets):
                        self.assertEqual(socket.message(), f"{k}:{n}:A")
                self.assertEqual(server.metric("respond_answers_total"), 1000)
                self.assertEqual(server.metric("respond_strays_total"), 0)
                for socket in sockets:
                    socket.socket.close()

    def test_binary_messages_go_in_by_their_type(self):
        show = CARRIES.replace("HEAD", "{\"type\": \"text/plain\"}").replace("BODY", "h")
        png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d")
        with respond(show) as server, WebSocket(server) as socket:
            for message, type in (("text", "text/plain"), (png, "image/png"), (b"\x00\x01", "application/octet-stream")):
                header = json.loads(ask(socket, message))
                self.assertEqual(header["type"], type)
                self.assertIn("request", header)
                self.assertIn("time_us", header)
                self.assertEqual(header.get("width"), 3 if type == "image/png" else None)

    def test_a_picture_comes_in_the_form_that_was_asked_for(self):
        red = CARRIES.replace("HEAD", "{\"type\": \"image/x-raw\", \"format\": \"rgb24\", \"width\": 2, \"height\": 1}")
        with respond(red.replace("BODY", "bytes([255, 0, 0] * 2)"), "--send-as", "raw") as server:
            with WebSocket(server) as socket:
                self.assertEqual(ask(socket, "x"), bytes([255, 0, 0, 255] * 2))
            with WebSocket(server, "/ws?as=data-url") as socket:
                self.assertTrue(ask(socket, "x").startswith("data:image/jpeg;base64,"))
            with WebSocket(server, "/ws?as=image") as socket:
                self.assertEqual(ask(socket, "x")[:3], b"\xff\xd8\xff")

    def test_an_answer_that_is_a_broken_picture_is_an_error(self):
        broken = CARRIES.replace("HEAD", "{\"type\": \"image/x-raw\", \"format\": \"rgb24\", \"width\": 2, \"height\": 1}")
        with respond(broken.replace("BODY", "b\"x\"")) as server, WebSocket(server) as socket:
            self.assertIn("no picture", json.loads(ask(socket, "x"))["error"])

    def test_viewers_of_a_stream_get_answers_too(self):
        with respond("cat", stdin=subprocess.PIPE) as server:
            server.write(frame(b"note", "application/json"))
            with WebSocket(server) as socket:
                self.assertEqual(socket.message(), "note")
                self.assertEqual(ask(socket, "hello"), "hello")
                server.write(frame(b"again", "application/json"))
                self.assertEqual(socket.message(), "again")
            self.assertEqual(server.get("/healthz").status, 200)

    def test_without_a_stream_the_server_is_well(self):
        with respond("cat") as server:
            self.assertEqual(server.get("/healthz").status, 200)

    def test_framepipe_v1_names_its_requests(self):
        with respond("cat") as server, WebSocket(server, protocol="framepipe.v1") as socket:
            self.assertIs(json.loads(socket.message())["server"]["responds"], True)
            socket.control(request="r 1", text="grüße")
            while isinstance(answer := socket.message(), str):
                pass
            header, payload = parse_frame(answer)
            self.assertEqual(header["request"], "r 1")
            self.assertEqual(payload.decode(), "grüße")

    def test_a_request_of_framepipe_v1_says_as_what_it_wants_its_picture(self):
        red = CARRIES.replace("HEAD", "{\"type\": \"image/x-raw\", \"format\": \"rgb24\", \"width\": 2, \"height\": 1}")
        with respond(red.replace("BODY", "bytes([255, 0, 0] * 2)")) as server, WebSocket(server, protocol="framepipe.v1") as socket:
            for kind, type in (("lossless", "image/png"), (None, "image/jpeg"), ("raw", "image/x-raw"), ("image", "image/jpeg")):
                socket.control(request="r", text="x", **({"as": kind} if kind else {}))
                while isinstance(answer := socket.message(), str):
                    pass
                self.assertEqual(parse_frame(answer)[0]["type"], type)
            socket.control(request="r", text="x", **{"as": "base64"})
            while "error" not in (answer := socket.message()):
                pass
            self.assertIn("image, lossless or raw", answer)

    def test_a_pipeline_describes_itself_to_framepipe_v1_alone(self):
        says = frame(b'{"volume":{"depth":9}}', "application/json", describes=True).hex()
        command = f"python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(\"{says}\"))'; exec cat"
        for each in (False, True):
            with self.subTest(each=each), respond(command, each=each) as server:
                with WebSocket(server) as socket:
                    self.assertEqual(ask(socket, "a"), "a")
                with WebSocket(server, protocol="framepipe.v1") as socket:
                    socket.control(request="r", text="x")
                    described = lambda: isinstance(m := socket.message(), str) and json.loads(m).get("server", {}).get("describes")
                    self.assertEqual(eventually(described, "the description"), {"volume": {"depth": 9}})
                    state = lambda: isinstance(m := socket.message(), str) and json.loads(m).get("server")
                    self.assertNotIn("describes", eventually(state, "the state"))


class Trouble(unittest.TestCase):
    def test_a_pipeline_that_dies_loses_one_request_and_no_client(self):
        with respond(FOREIGN) as server, WebSocket(server) as socket:
            self.assertEqual(ask(socket, "a"), "A")
            self.assertIn("exit code 7", json.loads(ask(socket, "die"))["error"])
            self.assertEqual(ask(socket, "b"), "B")
            server.said("exit code 7")
            self.assertEqual(server.metric("respond_restarts_total"), 1)

    def test_a_pipeline_that_prints_is_quoted_and_started_again(self):
        with respond(FOREIGN) as server, WebSocket(server) as socket:
            self.assertEqual(ask(socket, "a"), "A")
            self.assertIn("hello there", json.loads(ask(socket, "print"))["error"])
            self.assertEqual(ask(socket, "b"), "B")

    def test_an_answer_that_never_comes_is_an_error_in_time(self):
        with respond(FOREIGN, "--respond-timeout", "2s") as server, WebSocket(server) as socket:
            self.assertEqual(ask(socket, "a"), "A")
            self.assertIn("no answer within 2", json.loads(ask(socket, "hang"))["error"])
            self.assertEqual(ask(socket, "b"), "B")

    def test_a_command_that_is_not_there_is_said_once_and_answered_by_errors(self):
        with respond("no-such-filter", "--respond-timeout", "500ms") as server, WebSocket(server) as socket:
            self.assertIn("error", json.loads(ask(socket, "a")))
            self.assertIn("error", json.loads(ask(socket, "b")))
            server.said("exit code 127")
            self.assertEqual(sum("is started again" in line for line in server.lines), 1)

    def test_why_a_pipeline_cannot_start_is_said_everywhere(self):
        with respond("echo first >&2; echo 'render-slice: no such file' >&2; exit 1") as server:
            reason = "(exit code 1): render-slice: no such file"
            socket = WebSocket(server)
            self.assertEqual(json.loads(ask(socket, "x")), {"error": f"the request was lost: the pipeline stopped {reason}"})
            server.said(f"stopped {reason}; it is started again")
            server.said("first")
            eventually(lambda: server.metric("respond_restarts_total") >= 3)
            health = server.get("/healthz")
            self.assertEqual((health.status, health.body.decode().strip()), (503, f"the pipeline that answers stopped {reason}"))
            state = json.loads(WebSocket(server, protocol="framepipe.v1").message())
            self.assertEqual(state["server"]["trouble"], f"the pipeline stopped {reason}")
            self.assertEqual(server.lines.count("first"), 1)  # not at each start
            self.assertEqual(sum("started again" in line for line in server.lines), 1, server.lines)

    def test_too_long_requests_are_refused_in_their_turn(self):
        with respond("cat", "--max-request", "1KiB") as server, WebSocket(server) as socket:
            socket.send("x" * 1025)
            socket.send("y" * 1024)
            self.assertIn("over the limit of 1024 (--max-request)", json.loads(socket.message())["error"])
            self.assertEqual(socket.message(), "y" * 1024)

    def test_too_many_requests_are_refused_in_their_turn(self):
        with respond("sleep 1000", "--respond-timeout", "1s") as server, WebSocket(server) as socket:
            for _ in range(12):
                socket.send("x")
            errors = [json.loads(socket.message())["error"] for _ in range(12)]
            self.assertIn("no answer within", errors[0])
            self.assertIn("too many requests wait", errors[-1])

    def test_the_newest_request_replaces_those_that_wait(self):
        with respond(FOREIGN, "--newest-request") as server, WebSocket(server) as socket:
            for n in range(300):
                socket.send(str(n))
            answers = [socket.message()]
            while answers[-1] != "299":
                answers.append(socket.message())
            self.assertEqual(answers, sorted(answers, key=int))
            self.assertEqual(len(answers) + server.metric("respond_dropped_total"), 300)


class Life(unittest.TestCase):
    @staticmethod
    def pid(server):
        return int(eventually(lambda: next((line for line in server.lines if line.isdigit()), None), "a process number"))

    def test_a_pipeline_of_each_client_ends_with_it(self):
        with respond("echo $$ >&2; exec cat", each=True) as server:
            with WebSocket(server) as socket:
                self.assertEqual(ask(socket, "a"), "a")
                pid = self.pid(server)
                os.kill(pid, 0)
            eventually(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the pipeline")

    def test_on_demand_starts_with_the_first_request(self):
        with respond("echo started >&2; exec cat", "--on-demand") as server, WebSocket(server) as socket:
            self.assertNotIn("started", server.lines)
            self.assertEqual(ask(socket, "a"), "a")
            server.said("started")

    def test_the_pipeline_ends_with_the_server(self):
        with respond("echo $$ >&2; trap '' TERM; while :; do sleep 1; done") as server:
            pid = self.pid(server)
            code, seconds = server.stop(signal.SIGTERM)
            self.assertEqual(code, 0)
            eventually(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the pipeline")


if __name__ == "__main__":
    main()
