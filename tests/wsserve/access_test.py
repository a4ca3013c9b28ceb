"""Who may watch and publish what: tokens of streams, read again on SIGHUP."""
import json
import os
import signal
import tempfile
import unittest

from harness import Server, WebSocket, eventually, frame, main

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


if __name__ == "__main__":
    main()
