"""Who may watch and publish what: tokens of streams, read again on SIGHUP."""
import base64
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from harness import BIN, DEADLINE, Server, WebSocket, eventually, frame, main, parse_frame

JPEG = b"\xff\xd8jpeg\xff\xd9"


class Tokens(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "tokens")
        self.write("porter view door\nowner view *\ncamera publish door\n")

    def write(self, text):
        with open(self.file, "w") as file:
            file.write(text)

    def status(self, server, path, token=None):
        return server.get(path, headers={"Authorization": f"Bearer {token}"} if token else {}).status

    def names(self, server, token):
        return [stream["name"] for stream in json.loads(server.get("/streams?token=" + token).body)["streams"]]

    def test_each_token_has_its_streams(self):
        with Server("--tokens", self.file) as server:
            server.write(frame(JPEG + b"vault", stream="vault") + frame(JPEG + b"door", stream="door"))
            eventually(lambda: len(self.names(server, "owner")) == 2, "two streams")
            self.assertEqual(self.names(server, "porter"), ["door"])
            for path, status in (("/snapshot.jpg", 200), ("/snapshot.jpg?stream=door", 200), ("/snapshot.jpg?stream=vault", 403), ("/streams", 200),
                                 ("/stream.mjpg?stream=vault", 403), ("/?action=snapshot&stream=vault", 403), ("/metrics", 403), ("/healthz", 200)):
                self.assertEqual(self.status(server, path, "porter"), status, path)
            self.assertEqual(server.get("/snapshot.jpg?token=porter").body, JPEG + b"door")  # not the first stream
            self.assertEqual(server.get("/snapshot.jpg?token=owner").body, JPEG + b"vault")
            self.assertEqual(self.status(server, "/metrics", "owner"), 200)
            for token in (None, "other", "camera"):
                self.assertEqual(self.status(server, "/snapshot.jpg", token), 403 if token == "camera" else 401)
            answer = server.get("/snapshot.jpg?stream=vault&token=porter")
            self.assertEqual(answer.body, b"your token does not let you watch the stream 'vault' (the server's --tokens)\n")

    def test_over_a_websocket_other_streams_do_not_exist(self):
        with Server("--tokens", self.file) as server:
            server.write(frame(JPEG + b"vault", stream="vault") + frame(JPEG + b"door", stream="door"))
            eventually(lambda: len(self.names(server, "owner")) == 2, "two streams")
            with WebSocket(server, "/ws?token=porter") as viewer:
                self.assertEqual(viewer.message(), JPEG + b"door")
            with WebSocket(server, "/ws?stream=vault&token=porter") as viewer:
                self.assertEqual(viewer.status, 403)
            with WebSocket(server, "/ws?stream=door&token=porter", "framepipe.v1") as viewer:
                self.assertEqual([stream["name"] for stream in json.loads(viewer.message())["streams"]], ["door"])
                viewer.control(subscribe=["door", "vault"])
                message = viewer.message()
                while "error" not in str(message):
                    message = viewer.message()
                self.assertEqual(json.loads(message), {"error": "your token does not let you watch the stream 'vault'"})
                viewer.control(subscribe="*", ack=1, stream="door")
                server.write(frame(JPEG + b"vault2", stream="vault") + frame(JPEG + b"door2", stream="door"))
                seen = b""
                while b"door2" not in seen:
                    message = viewer.message()
                    seen += message if isinstance(message, bytes) else message.encode()
                self.assertNotIn(b"vault", seen)

    def test_a_token_for_some_streams_asks_no_pipeline(self):
        words = "your token does not let you ask the server's pipeline: it is for some streams only"
        with Server("--tokens", self.file, "--respond", "cat") as server:
            server.write(frame(JPEG + b"vault", stream="vault") + frame(JPEG + b"door", stream="door"))
            eventually(lambda: len(self.names(server, "owner")) == 2, "two streams")
            with WebSocket(server, "/ws?token=porter") as viewer:
                self.assertEqual(viewer.message(), JPEG + b"door")
                viewer.send("17")
                self.assertEqual(json.loads(viewer.message()), {"error": words})
                server.write(frame(JPEG + b"door2", stream="door"))
                self.assertEqual(viewer.message(), JPEG + b"door2")
            with WebSocket(server, "/ws?stream=none&token=porter", "framepipe.v1") as viewer:
                self.assertEqual(viewer.status, 403)
            with WebSocket(server, "/ws?stream=door&token=porter", "framepipe.v1") as viewer:
                self.assertNotIn("responds", json.loads(viewer.message())["server"])
                viewer.control(request="7", text="17")
                headers = []
                while not any("error" in header for header in headers):
                    message = viewer.message()
                    if isinstance(message, bytes):
                        headers.append(parse_frame(message)[0])
                self.assertEqual((headers[-1]["request"], headers[-1]["error"]), ("7", words))
            with WebSocket(server, "/ws?stream=other&token=owner") as viewer:
                viewer.send("17")
                self.assertEqual(viewer.message(), "17")
            self.assertIn("framepipe_respond_requests_total 1\n", server.get("/metrics?token=owner").body.decode())

    def test_each_producer_has_its_streams(self):
        with Server("--tokens", self.file, "--publish") as server:
            def push(path, body=JPEG):
                answer = server.get(path, "POST", {"Authorization": "Bearer camera"}, body)
                return answer.status, answer.body

            self.assertEqual(push("/publish?stream=door"), (200, b"1 frame\n"))
            self.assertEqual(push("/publish?stream=vault")[0], 403)
            self.assertEqual(push("/publish")[0], 403)  # the stream without a name
            self.assertEqual(push("/publish?stream=door", frame(JPEG, stream="vault")),
                             (403, b'your token does not let you publish the stream "vault" (the server\'s --tokens)\n'))
            self.assertEqual(self.names(server, "owner"), ["door"])
            self.assertEqual(server.get("/publish?stream=door&token=porter", "POST", body=JPEG).status, 403)
            self.assertEqual(server.get("/publish?stream=door", "POST", body=JPEG).status, 401)
            with WebSocket(server, "/publish?stream=door&token=camera") as producer:
                self.assertEqual(producer.status, 101)
            with WebSocket(server, "/publish?token=camera") as producer:
                self.assertEqual(producer.closing()[0], 1008)

    def test_sighup_reads_the_file_again(self):
        with Server("--tokens", self.file) as server:
            server.write(frame(JPEG, stream="door"))
            eventually(lambda: self.names(server, "owner"), "a stream")
            with WebSocket(server, "/ws?token=porter") as viewer:
                self.assertEqual(viewer.message(), JPEG)
                self.write("owner view *\n")
                server.process.send_signal(signal.SIGHUP)
                server.said("its files are read again")
                self.assertEqual(self.status(server, "/snapshot.jpg", "porter"), 401)
                self.assertEqual(self.status(server, "/snapshot.jpg", "owner"), 200)
                server.write(frame(JPEG + b"2", stream="door"))
                self.assertEqual(viewer.message(), JPEG + b"2")  # who is in stays in
            self.write("owner look *\n")
            server.process.send_signal(signal.SIGHUP)
            server.said(f"cannot read the tokens in {self.file}: line 1 is not of the form TOKEN view|publish STREAM, with * for all streams; what was read before stays")
            self.assertEqual(self.status(server, "/snapshot.jpg", "owner"), 200)
            self.assertFalse(any("owner" in line for line in server.lines))

    def test_without_files_sighup_stops(self):
        with Server() as server:
            self.assertEqual(server.stop(signal.SIGHUP)[0], 0)

    def test_a_file_that_cannot_be_read_ends_the_start(self):
        with self.assertRaisesRegex(AssertionError, "cannot read the tokens in /nowhere: no such file or directory"):
            Server("--tokens", "/nowhere")

    def test_a_file_without_a_token_lets_nobody_in(self):
        self.write("# none yet\n")
        with Server("--tokens", self.file) as server:
            self.assertEqual(server.get("/streams").status, 401)

    def test_a_file_without_a_name_is_wrong_usage(self):
        for option in ("--tokens", "--token-file", "--auth-file", "--publish-token-file"):
            done = subprocess.run([os.path.join(BIN, "wsserve"), "--listen", "127.0.0.1:0", option, ""], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=DEADLINE)
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"wsserve: {option}: the file's name is empty", done.stderr)


# Of `htpasswd -nbB`; bcrypt has several names for the same.
USERS = ("# who\n"
         "anna:$2y$05$be9iwVSORusFVeVodQFt6.4V135NaBFvfUbxBV/.O1vo.CwM12U8W\n"
         "b\u00f6rn:$2b$05$nqRIscgg2DPDZiIK7UNqguVUpD713SekD0iwzWCrx2j4i.urbSki6\n"
         "carl:$2y$10$sq6MWJBPSm0gK75ic9MNt.KTuFgbmIQyHFq91IMmjZInuWVdqb5yu\n")


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Users(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "users")
        self.write(USERS)

    def write(self, text):
        with open(self.file, "w") as file:
            file.write(text)

    def status(self, server, path, user=None, password=None):
        return server.get(path, headers=basic(user, password) if user else {}).status

    def metric(self, server, name):
        text = server.get("/metrics", headers=basic("anna", "secret")).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("framepipe_" + name))

    def test_users_get_in_by_their_passwords(self):
        with Server("--auth-file", self.file) as server:
            server.write(frame(JPEG))
            eventually(lambda: self.status(server, "/snapshot.jpg", "anna", "secret") == 200, "a picture")
            self.assertIn("a user's password", server.lines[0])
            for user, password, status in (("b\u00f6rn", "schl\u00fcssel: 1", 200), ("carl", "carl", 200), ("anna", "Secret", 401), ("anna", "", 401),
                                           ("anna", "secret\0", 401), ("nobody", "secret", 401), (None, None, 401)):
                self.assertEqual(self.status(server, "/snapshot.jpg", user, password), status, user)
            for path in ("/", "/streams", "/metrics", "/stream.mjpg"):
                answer = server.get(path)
                self.assertEqual(answer.status, 401, path)
                self.assertEqual(answer.headers.get_all("WWW-Authenticate"), ['Basic realm="framepipe", charset="UTF-8"', "Bearer"])
            self.assertEqual(self.status(server, "/", "anna", "secret"), 200)
            for path in ("/app.js", "/style.css"):
                self.assertEqual(self.status(server, path), 200)
            self.assertEqual(self.status(server, "/healthz"), 200)
            with WebSocket(server) as viewer:
                self.assertEqual(viewer.status, 401)
            header = "Authorization: " + basic("anna", "secret")["Authorization"]
            with WebSocket(server, headers=[header]) as viewer:
                self.assertEqual(viewer.message(), JPEG)
            for broken in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"nocolon").decode()):
                self.assertEqual(server.get("/streams", headers={"Authorization": broken}).status, 401)
            self.assertFalse(any("secret" in line for line in server.lines))

    def test_what_follows_a_request_waits_for_its_password(self):
        with Server("--auth-file", self.file) as server, server.connect() as raw:
            one = f"GET /streams HTTP/1.1\r\nHost: localhost\r\nAuthorization: {basic('carl', 'carl')['Authorization']}\r\n\r\n"
            raw.sendall((one * 3 + "GET /healthz HTTP/1.0\r\n\r\n").encode())
            answer = raw.makefile("rb").read()
            self.assertEqual(re.findall(rb"HTTP/1.1 (\d+)", answer), [b"200", b"200", b"200", b"503"])

    def test_wrong_passwords_run_out_and_right_ones_do_not(self):
        with Server("--auth-file", self.file) as server:
            self.assertEqual(self.status(server, "/streams", "anna", "secret"), 200)
            answers = [self.status(server, "/streams", "anna", f"guess {number}") for number in range(15)]
            self.assertEqual(answers[:10], [401] * 10)
            self.assertIn(429, answers)
            self.assertEqual(self.status(server, "/streams", "anna", "secret"), 200)  # remembered
            server.said("too many wrong passwords")
            self.assertGreaterEqual(self.metric(server, 'refusals_total{reason="token"}'), 15)

    def test_whoever_leaves_before_the_answer_is_no_matter(self):
        with Server("--auth-file", self.file) as server:
            for _ in range(5):
                with server.connect() as raw:
                    raw.sendall(f"GET /streams HTTP/1.1\r\nHost: localhost\r\nAuthorization: {basic('carl', 'carl')['Authorization']}\r\n\r\n".encode())
            self.assertEqual(self.status(server, "/streams", "carl", "carl"), 200)

    def test_tokens_beside_users(self):
        with Server("--auth-file", self.file, env={"FRAMEPIPE_TOKEN": "t0ken"}) as server:
            self.assertEqual(self.status(server, "/?token=t0ken"), 200)
            self.assertEqual(self.status(server, "/streams?token=t0ken"), 200)
            self.assertEqual(self.status(server, "/streams", "anna", "secret"), 200)

    def test_a_folder_of_the_users_own_is_guarded_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "index.html"), "w") as page, open(os.path.join(folder, "a.js"), "w"):
                page.write("mine")
            with Server("--auth-file", self.file, "--web", folder) as server:
                for path in ("/", "/index.html", "/a.js", "/none"):
                    self.assertEqual(self.status(server, path), 401, path)
                self.assertEqual(self.status(server, "/a.js", "anna", "secret"), 200)

    def test_sighup_reads_the_users_again(self):
        with Server("--auth-file", self.file) as server:
            self.assertEqual(self.status(server, "/streams", "anna", "secret"), 200)
            self.write(USERS.replace("anna", "olga"))
            server.process.send_signal(signal.SIGHUP)
            server.said("its files are read again")
            self.assertEqual(self.status(server, "/streams", "anna", "secret"), 401)
            self.assertEqual(self.status(server, "/streams", "olga", "secret"), 200)

    def test_files_that_cannot_be(self):
        for text, words in (("anna:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", f"the password of anna in line 1 is not hashed by bcrypt; htpasswd -B {self.file} anna does that"),
                            ("anna:$apr1$xxxxxxxx$yyyyyyyyyyyyyyyyyyyyyy\n", "is not hashed by bcrypt"),
                            ("anna:$2y$05$short\n", "is not hashed by bcrypt"),
                            ("\nanna\n", "line 2 is not of the form USER:HASH, as htpasswd -B writes it"),
                            (":$2y$05$x\n", "line 1 is not of the form"),
                            (USERS.replace("$10$", "$31$"), "the password of carl in line 4 has a cost of 31, over the limit of 15")):
            self.write(text)
            with self.assertRaises(AssertionError) as caught:
                Server("--auth-file", self.file)
            self.assertIn("wsserve: cannot read the users in " + self.file + ": ", str(caught.exception))
            self.assertIn(words, str(caught.exception))

    def test_a_warning_where_passwords_can_be_read(self):
        with Server("--auth-file", self.file, listen=":0") as server:
            server.said("passwords cross the network for all to read; --tls-cert FILE hides them")


if __name__ == "__main__":
    main()
