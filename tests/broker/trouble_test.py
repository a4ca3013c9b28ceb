"""Brokers that refuse, have limits, break and lie, and messages that are none of ours: trouble_test.py BIN."""
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve"), os.path.join(HERE, "../capture"), os.path.join(HERE, "../publish")]

from brokers import FakeBroker, Heard, Mosquitto, Nats, Slow, free_port, message, program, publish_by_hand  # noqa: E402
from harness import BIN, DEADLINE, eventually, frame, main  # noqa: E402
from pushing import PUBLISH, Publish  # noqa: E402
from running import Capture  # noqa: E402

PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\2\0\0\0\x12\x16\xf1\x4d" b"\0\0\0\0IEND\xae\x42\x60\x82")
CAPTURE = os.path.join(os.path.abspath(BIN), "capture")


def png(number, size=0):
    return PNG + b"%d" % number + bytes(size)


def live(number, size=0, time_us=None):
    return frame(png(number, size), "image/png", seq=number, time_us=time_us or int(time.time() * 1e6), live=True)


def run(*command, data=b"", env=None):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, env={**os.environ, **(env or {})})
    return done.returncode, done.stderr.decode().splitlines()


class CommandLine(unittest.TestCase):
    def test_topics_that_cannot_be(self):
        for url, words in (("mqtt://h/a+b", "has a wild card"), ("mqtt://h/a/%23", "has a wild card"), ("mqtt://h/a%00b", "has a NUL"), ("mqtt://h/a%07", "control"),
                           ("mqtt://h/a%ff", "no UTF-8"), ("mqtt://h:0/a", "not an address"), ("mqtt://,h/a", "not an address"),
                           ("mqtt://me:secret@h/a", "--password-file")):
            status, lines = run(PUBLISH, url, data=frame(PNG))
            self.assertEqual((status, len(lines), words in lines[0], "secret" in lines[0]), (2, 1, True, False), lines)
        for url, words in (("mqtt://h/a+/b", "has a wild card"), ("mqtt://h/+/b", "has a wild card"), ("mqtt://h/a/#", "stand alone"), ("mqtt://h/a/b%00", "has a NUL"),
                           ("mqtt://h/a", "names no stream"), ("mqtt://h", "names no stream")):
            status, lines = run(CAPTURE, url)
            self.assertEqual((status, len(lines), words in lines[0]), (2, 1, True), lines)

    def test_options_that_do_nothing(self):
        self.assertEqual(run(PUBLISH, "ws://h", "--tls-ca", "x")[0], 2)
        self.assertEqual(run(PUBLISH, "ws://h", "--home-assistant")[0], 2)
        self.assertEqual(run(PUBLISH, "mqtt://h", "--token-file", "x")[0], 2)
        self.assertEqual(run(PUBLISH, "mqtt://h", "--tls-ca", "x", data=frame(PNG))[0], 2)
        self.assertEqual(run(PUBLISH, "mqtts://h", "--tls-cert", "x", data=frame(PNG))[0], 2)
        self.assertEqual(run(CAPTURE, "ws://h/", "--password-file", "x")[0], 2)

    def test_nobody_there(self):
        port = free_port()
        status, lines = run(PUBLISH, f"mqtt://127.0.0.1:{port}/", data=frame(PNG))
        # Said before too if the end of the input was not known yet.
        self.assertEqual((status, len(lines) <= 2), (1, True), lines)
        self.assertEqual(lines[-1], f"publish: mqtt://127.0.0.1:{port}: the last frames did not get there: cannot connect: connection refused")
        self.assertEqual(run(CAPTURE, f"mqtt://127.0.0.1:{port}/a/b", "--no-retry"),
                         (1, [f"capture: mqtt://127.0.0.1:{port}/a/b: cannot connect: connection refused"]))
        status, lines = run(CAPTURE, f"mqtt://127.0.0.1:{port},localhost:{port}/a/b", "--no-retry")
        self.assertEqual((status, len(lines), lines[0].count("connection refused")), (1, 1, 2), lines)
        for command in ((PUBLISH, "mqtt://no-such-host.invalid/"), (CAPTURE, "mqtt://no-such-host.invalid/a/b")):
            status, lines = run(*command, data=frame(PNG))
            self.assertEqual((status, len(lines), "cannot find no-such-host.invalid" in lines[0]), (1, 1, True), lines)


class Access(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="trouble_test.")
        self.addCleanup(self.folder.cleanup)

    def path(self, name, words=None):
        path = os.path.join(self.folder.name, name)
        if words is not None:
            with open(path, "w") as file:
                file.write(words)
        return path

    def test_user_and_password(self):
        users = self.path("users", "cam:s3cret word\n")
        subprocess.run([program("mosquitto_passwd"), "-U", users], check=True)
        os.chmod(users, 0o644)
        os.chmod(self.folder.name, 0o755)
        good, bad = self.path("good", "s3cret word\nmore\n"), self.path("bad", "wrong\n")
        with Mosquitto(f"allow_anonymous false\npassword_file {users}") as broker:
            for arguments in ((PUBLISH, broker.url(user="cam@"), "--password-file", bad), (PUBLISH, broker.url()), (CAPTURE, broker.url("a/b"))):
                status, lines = run(*arguments, data=frame(PNG, "image/png"))
                self.assertEqual((status, len(lines)), (1, 1))
                self.assertRegex(lines[0], "the broker refuses the connection: (not authorized|wrong user name or password)")
                self.assertNotIn("cam@", lines[0])
            self.assertEqual(run(PUBLISH, broker.url(user="cam@"), "--password-file", good, data=frame(PNG, "image/png")), (0, []))
            self.assertEqual(run(PUBLISH, broker.url(user="cam@"), data=frame(PNG, "image/png"), env={"FRAMEPIPE_PASSWORD": "s3cret word"}), (0, []))

    def test_topics_that_are_not_ours(self):
        rules = self.path("rules", "topic read #\n")
        os.chmod(self.folder.name, 0o755)
        with Mosquitto(f"allow_anonymous true\nacl_file {rules}") as broker:
            status, lines = run(PUBLISH, broker.url(), data=frame(PNG, "image/png"))
        self.assertEqual((status, len(lines)), (1, 1))
        self.assertIn("it does not let us publish: not authorized", lines[0])

    def test_over_tls(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder.name)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca", "-subj", "/CN=ours")
        for name in ("localhost", "camera"):
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".req", "-subj", "/CN=" + name, "-addext",
                    f"subjectAltName=DNS:{name}")
            openssl("x509", "-req", "-in", name + ".req", "-CA", "ca", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-out", name)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out", "own", "-subj", "/CN=camera")
        folder = self.folder.name
        os.chmod(folder, 0o755)
        listener = f"cafile {folder}/ca\ncertfile {folder}/localhost\nkeyfile {folder}/localhost.key\nrequire_certificate true"
        ours = ["--tls-cert", f"{folder}/camera", "--tls-key", f"{folder}/camera.key"]
        with Mosquitto(listener=listener) as broker:
            url = f"mqtts://localhost:{broker.port}/framepipe"
            with Capture(url + "/door", "--tls-ca", f"{folder}/ca", *ours) as end:
                with Publish(url, "--stream", "door", "--tls-ca", f"{folder}/ca", *ours) as push:
                    push.write(live(1, 500_000))
                    self.assertEqual(end.frame()[1], png(1, 500_000))
                    self.assertEqual(push.end(), (0, []))
            self.assertEqual(run(PUBLISH, url, *ours, data=frame(PNG, "image/png"), env={"SSL_CERT_FILE": f"{folder}/ca"}), (0, []))
            for words, arguments in (("certificate verify failed", [url, *ours]), ("certificate verify failed", [url]),
                                     ("", [url.replace("localhost", "127.0.0.1"), "--tls-ca", f"{folder}/ca", *ours]),
                                     ("cannot read", [url, "--tls-ca", f"{folder}/nothing"])):
                status, lines = run(PUBLISH, *arguments, data=frame(PNG, "image/png"))
                self.assertEqual((status, len(lines), words in lines[0]), (1, 1, True), lines)
            # What the broker says of it may be lost with the connection, this time or that.
            for _ in range(5):
                for command in ((PUBLISH, url), (CAPTURE, url + "/door")):
                    status, lines = run(*command, "--tls-ca", f"{folder}/ca", data=frame(PNG, "image/png"))
                    self.assertEqual((status, len(lines)), (1, 1), lines)
                    self.assertIn("no secure connection: the broker wants a certificate (--tls-cert, --tls-key)", lines[0])
                    status, lines = run(*command, "--tls-ca", f"{folder}/ca", "--tls-cert", f"{folder}/own", "--tls-key", f"{folder}/own.key",
                                        data=frame(PNG, "image/png"))
                    self.assertEqual((status, len(lines)), (1, 1), lines)
                    self.assertRegex(lines[0], "no secure connection: the broker (may not|does not) take our certificate")


class Versions(unittest.TestCase):
    def test_a_broker_that_has_no_mqtt_5(self):
        for refusal in (b"\x20\x02\x00\x01", None):
            with FakeBroker(refusal=refusal) as broker:
                with Publish(broker.url(), "--stream", "door") as push:
                    push.write(live(1))
                    eventually(lambda: ("framepipe/door/frame", png(1)) in broker.got, "the frame")
                    self.assertEqual(push.end(), (0, []))
                self.assertEqual(broker.asked[:2], [5, 4])
                self.assertEqual([words for topic, words in broker.got if topic.endswith("status")], [b"online", b"offline"])

    def test_headers_of_others_come_by_meta(self):
        with Mosquitto() as broker, Capture(broker.url("p/s")) as end, Publish(broker.url("p"), "--stream", "s") as push:
            push.write(frame(PNG, "image/png", seq=0, time_us=1))
            end.frame()
            # As a publisher of 3.1.1 does it, whose frame has no properties.
            with Heard(broker, "p/s/meta") as heard:
                push.write(frame(png(5), "image/png", seq=5, time_us=55, live=True, meta={"a": 1}))
                (meta, _, _), = heard.wait("p/s/meta")
                self.assertEqual(end.frame()[0]["seq"], 5)
            with Heard(broker, "p/s/snapshot") as heard:
                heard.wait("p/s/snapshot", lambda messages: messages and messages[-1][0] == png(5))
            with Capture(broker.url("p/s")) as other:
                self.assertEqual(other.frame()[1], png(5))  # the snapshot
                publish_by_hand(broker, "p/s/meta", meta.replace(b'"seq":5', b'"seq":6'), version="311")
                publish_by_hand(broker, "p/s/frame", png(5), version="311")
                header, payload = other.frame()
                self.assertEqual((payload, header["seq"], header["time_us"], header["live"], header["meta"], "payload" in header), (png(5), 6, 55, True, {"a": 1}, False))
                # And one whose meta is another's.
                publish_by_hand(broker, "p/s/meta", meta, version="311")
                publish_by_hand(broker, "p/s/frame", png(7), version="311")
                header, payload = other.frame()
                self.assertEqual((payload, header.get("seq"), header["live"], header["stream"]), (png(7), None, True, "s"))
                other.said("a meta belongs to another frame")
            # Who has had pictures with their headers asks for such messages again when they have none.
            got, ended = [], threading.Event()

            def take():
                while not got or got[-1] < 8:
                    got.append(end.frame()[0].get("seq", 0))
                ended.set()

            threading.Thread(target=take, daemon=True).start()
            while not ended.wait(0.05):
                publish_by_hand(broker, "p/s/meta", meta.replace(b'"seq":5', b'"seq":8'), version="311")
                publish_by_hand(broker, "p/s/frame", png(5), version="311")
            self.assertEqual(got[-1], 8)

    def test_bare_pictures_and_what_is_none(self):
        with Mosquitto() as broker, Capture(broker.url("p/s"), "--max-frame", "1000") as end:
            publish_by_hand(broker, "p/s/status", b"online", "-r")
            self.assertEqual(self.first_picture(broker, end), PNG)
            for payload in (b"no picture", b"", b"still none", png(1, 2000), png(2)):
                publish_by_hand(broker, "p/s/frame", payload)
            while (got := end.frame())[1] != png(2):
                self.assertEqual(got[1], PNG)
            self.assertEqual((got[0]["type"], got[0]["width"], got[0]["height"], got[0]["live"]), ("image/png", 3, 2, True))
            publish_by_hand(broker, "p/s/meta", b"{nonsense")
            publish_by_hand(broker, "p/s/frame", PNG, "-D", "publish", "content-type", "image/jpeg")
            publish_by_hand(broker, "p/s/frame", png(3), "-D", "publish", "user-property", "room", "the hall", "-D", "publish", "user-property", "seq", "99")
            header, payload = end.frame()
            self.assertEqual((payload, header["meta"], header["seq"]), (png(3), {"room": "the hall"}, 99))
            end.process.terminate()
            status, lines = end.end()
        self.assertEqual(status, 1)
        for words in ("a frame is no picture", "over the limit of 1000 bytes (--max-frame)", "a meta that is no header", "a frame is no image/jpeg", "messages were left out"):
            self.assertEqual(sum(words in line for line in lines), 1, lines)

    def first_picture(self, broker, end):
        """Publishes one until it comes: nobody is told when the client has subscribed."""
        came = threading.Event()

        def publish():
            while not came.wait(0.05):
                publish_by_hand(broker, "p/s/frame", PNG)

        publishing = threading.Thread(target=publish)
        publishing.start()
        try:
            return end.frame()[1]
        finally:
            came.set()
            publishing.join()


class Snapshots(unittest.TestCase):
    def test_who_comes_later_gets_the_last_picture_at_once(self):
        with Mosquitto() as broker, Publish(broker.url(), "--stream", "door") as push, Heard(broker, "framepipe/door/snapshot") as heard:
            push.write(frame(png(1), "image/png", seq=1, time_us=11, meta={"x": 1}))
            heard.wait("framepipe/door/snapshot")
            with Capture(broker.url("framepipe/door")) as end:
                header, payload = end.frame()
                self.assertEqual((payload, header["seq"], header["meta"]), (png(1), 1, {"x": 1}))
                push.write(frame(png(2), "image/png", seq=2, time_us=22))
                self.assertEqual(end.frame()[1], png(2))
            self.assertEqual(push.end(), (0, []))

    def test_a_stream_that_is_not_there_yet(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end:
            end.said("there is no stream door yet; waiting for it")
            broker.kill()
            end.said("waiting until it is back")
            broker.restart()
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[1], png(1))
                self.assertEqual(push.end(), (0, []))
            end.process.terminate()
            status, lines = end.end()
        self.assertEqual((status, sum("there is no stream" in line for line in lines)), (0, 1), lines)


class Limits(unittest.TestCase):
    def test_a_limit_that_the_broker_names(self):
        with Mosquitto("allow_anonymous true\nmax_packet_size 100000") as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                end.frame()
                push.write(live(2, 200_000))
                push.said("a frame is over the broker's limit of 100000 bytes a packet; left out")
                push.write(live(3, 200_000) + frame(png(4), "image/png", seq=4, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        self.assertEqual((status, len(lines), "frames were left out" in lines[-1]), (1, 2, True), lines)

    def test_a_limit_that_the_broker_does_not_name(self):
        # It drops larger messages; only that of the snapshot is acknowledged, with the reason.
        with Mosquitto("allow_anonymous true\nmessage_size_limit 100000") as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1, 200_000))
                push.said(f"the broker does not take frames of {len(png(1, 200_000))} bytes, and they and larger ones are not sent; left out")
                push.write(frame(png(2), "image/png", seq=2, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 2)
                push.write(live(3, 200_000) + frame(png(4), "image/png", seq=4, time_us=int(time.time() * 1e6)))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        self.assertEqual((status, len(lines), "2 frames were left out" in lines[-1]), (1, 2, True), lines)

    def test_who_may_send_frames_and_no_snapshots(self):
        with tempfile.TemporaryDirectory() as folder:
            rules = os.path.join(folder, "rules")
            with open(rules, "w") as file:
                file.write("topic readwrite framepipe/door/#\ntopic deny framepipe/door/snapshot\n")
            with Mosquitto(f"allow_anonymous true\nacl_file {rules}") as broker, Capture(broker.url("framepipe/door")) as end:
                with Publish(broker.url(), "--stream", "door") as push:
                    push.write(live(1))
                    push.said("the broker does not take snapshots: not authorized")
                    push.write(live(2))
                    while end.frame()[0]["seq"] != 2:
                        pass
                    self.assertEqual(push.end()[0], 1)

    def test_our_own_limit(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end:
            with Publish(broker.url(), "--stream", "door", "--max-frame", "1000") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[0]["seq"], 1)
                push.write(live(2, 2000) + live(3, 300_000))
                push.said("a frame on stdin is over the limit of 1000 bytes (--max-frame); left out")
                push.write(live(4))
                self.assertEqual(end.frame()[0]["seq"], 4)
                status, lines = push.end()
        self.assertEqual((status, len(lines), lines[-1]), (1, 2, "publish: 2 frames were left out"), lines)

    def test_a_broker_that_ends_the_connection_at_large_frames(self):
        with FakeBroker(on_message=lambda link, topic, size: size < 100_000) as broker, Publish(broker.url(), "--stream", "door") as push:
            push.write(live(0))
            number = 0

            def said():
                nonlocal number
                number += 1
                push.write(live(number, 200_000))
                return any("the broker does not take frames of 2000" in line for line in push.lines)

            eventually(said, "a limit")
            push.write(frame(png(7777), "image/png", seq=number + 1, time_us=int(time.time() * 1e6)))
            eventually(lambda: ("framepipe/door/frame", png(7777)) in broker.got, "a frame that is smaller")
            self.assertEqual(push.end()[0], 1)

    def test_a_nats_server_has_no_limit_here(self):
        # max_payload is of its own protocol: larger frames pass, and are retained.
        with Nats("max_payload: 100000") as broker, Publish(broker.url(), "--stream", "door") as push:
            with Capture(broker.url("framepipe/door")) as end:
                got = []
                threading.Thread(target=lambda: got.append(end.frame()[1]), daemon=True).start()

                def came():
                    push.write(live(1, 200_000))
                    return got

                self.assertEqual(eventually(came, "a frame")[0], png(1, 200_000))
            with Capture(broker.url("framepipe/door")) as later:
                self.assertEqual(later.frame()[1], png(1, 200_000))
            self.assertEqual(push.end(), (0, []))

    def test_the_newest_wins_at_a_broker_that_takes_nothing(self):
        with FakeBroker(version=4, reads=False) as broker, Publish(broker.url(), "--stream", "door", "-v") as push:
            for number in range(300):
                push.write(live(number, 1_000_000))
            with open(f"/proc/{push.process.pid}/status") as file:
                most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
            self.assertLess(most, 100_000)  # kB; all of them would be 300 MB
            push.process.send_signal(signal.SIGTERM)
            self.assertEqual(push.process.wait(DEADLINE), 0)
            dropped = int(push.said("gave way to newer ones").split()[1])
            self.assertGreater(dropped, 250)


class Queues(unittest.TestCase):
    def test_mosquitto_keeps_the_oldest_for_who_does_not_read(self):
        with Mosquitto("allow_anonymous true\nsys_interval 1") as broker, Slow(broker, "framepipe/door/frame", "mark") as slow:
            with Heard(broker, "$SYS/broker/publish/messages/dropped") as counted, Capture(broker.url("framepipe/door")) as end:
                with Publish(broker.url(), "--stream", "door") as push:
                    number = 0

                    def dropped():
                        nonlocal number
                        for _ in range(50):
                            number += 1
                            push.write(live(number, 20_000))
                        return int(counted.messages("$SYS/broker/publish/messages/dropped")[-1][0] or b"0") > 0

                    push.write(live(0))
                    self.assertEqual(end.frame()[0]["seq"], 0)
                    counted.wait("$SYS/broker/publish/messages/dropped")
                    eventually(dropped, "a queue that is full")
                    number += 1
                    push.write(frame(png(number), "image/png", seq=number, time_us=int(time.time() * 1e6)))
                    # Nobody has read the edge's pictures either. One waits in the pipe, then come the newest, some of
                    # which may be on their way still.
                    seqs = []
                    while number not in seqs:
                        seqs.append(end.frame()[0]["seq"])
                    self.assertLess(len(seqs), 20)
                    self.assertEqual(push.end(), (0, []))
            # The other client gets a thousand old ones, and not the newest.
            got = []
            publish_by_hand(broker, "mark", b"x")
            while (message := slow.message())[0] != "mark":
                got.append(message[1])
                if len(got) % 100 == 0:
                    publish_by_hand(broker, "mark", b"x")
            self.assertGreater(len(got), 1000)
            self.assertEqual(got[0], png(0))
            self.assertNotIn(png(number), got)


class Breaks(unittest.TestCase):
    def test_a_broker_may_be_started_later(self):
        with Mosquitto() as broker:
            broker.kill()
            with Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
                push.write(live(1))
                push.said("connection refused; it is tried again")
                end.said("connection refused; waiting until it is there")
                broker.restart()
                self.assertEqual(end.frame()[1], png(1))
                push.said("takes frames")
                status, lines = push.end()
                self.assertEqual((status, len(lines)), (0, 2), lines)
                end.process.terminate()
                status, lines = end.end()
                self.assertEqual((status, len(lines)), (0, 2), lines)

    def test_a_broker_that_went_away_and_is_back(self):
        with Mosquitto() as broker, Capture(broker.url("framepipe/door")) as end, Publish(broker.url(), "--stream", "door") as push:
            push.write(live(1))
            end.frame()
            broker.kill()
            push.said("the broker closed the connection; it is tried again")
            end.said("waiting until it is back")
            broker.restart()
            push.said("takes frames again")
            # Whoever of them is back first; and the snapshot of the first is not given again.
            push.write(live(2))
            self.assertEqual(end.frame()[1], png(2))
            with Heard(broker, "framepipe/door/+") as heard:
                for kind in ("status", "info", "snapshot"):
                    self.assertTrue(heard.wait(f"framepipe/door/{kind}")[0][1])
            status, lines = push.end()
            self.assertEqual((status, len(lines)), (0, 2), lines)
            end.process.terminate()
            status, lines = end.end()
            self.assertEqual((status, len(lines)), (0, 2), lines)

    def test_a_broker_that_has_forgotten(self):
        with Mosquitto() as broker, Publish(broker.url(), "--stream", "door", "--home-assistant") as push:
            push.write(live(1))
            with Heard(broker, "framepipe/door/snapshot") as heard:
                heard.wait("framepipe/door/snapshot")
            broker.kill()
            push.said("it is tried again")
            broker.restart()
            push.said("takes frames again")
            # Without a new picture.
            with Heard(broker, "framepipe/door/+", "homeassistant/#") as heard:
                for topic in ("framepipe/door/status", "framepipe/door/info", "framepipe/door/snapshot", "homeassistant/camera/framepipe_door/config"):
                    heard.wait(topic, lambda messages: messages and messages[0][0])
                self.assertEqual(heard.messages("framepipe/door/status")[0][0], b"online")
                self.assertEqual(heard.messages("framepipe/door/snapshot")[0][0], png(1))
            self.assertEqual(push.end()[0], 0)

    def test_one_of_several_brokers_says_nothing(self):
        with FakeBroker(answers=False) as silent, Mosquitto() as good:
            hosts = f"mqtt://127.0.0.1:{silent.port},127.0.0.1:{good.port}/framepipe"
            with Capture(hosts + "/door") as end, Publish(hosts, "--stream", "door") as push:
                push.write(live(1))
                self.assertEqual(end.frame()[1], png(1))
                self.assertEqual(push.end(), (0, []))
                self.assertEqual(end.lines, [])
            self.assertGreaterEqual(len(silent.asked), 2)

    def test_the_only_one_that_is_there_says_nothing_yet(self):
        # As a node that chooses its leader while the others start.
        with FakeBroker(answers=False) as broker:
            hosts = f"mqtt://127.0.0.1:{free_port()},127.0.0.1:{broker.port}"
            for url in (hosts, broker.url("")[:-1]):
                broker.answers = False
                with Publish(url + "/framepipe", "--stream", "door") as push, Capture(url + "/framepipe/door") as end:
                    push.write(live(1))
                    push.said("it is tried again")
                    end.said("waiting until it is there")
                    if url == hosts:
                        eventually(lambda: len(broker.unanswered) >= 6, "more questions")
                    broker.answers = True
                    eventually(lambda: any(line.endswith(" is there") and "waiting" not in line for line in end.lines), f"its word among {end.lines}")
                    eventually(lambda: ("framepipe/door/frame", png(1)) in broker.got, "the frame")
                    broker.got.clear()
                    self.assertEqual(push.end()[0], 0)
            # A node may take nobody by the name of one whom it has not answered yet.
            self.assertEqual(len(set(broker.unanswered)), len(broker.unanswered), broker.unanswered)

    def test_a_broker_that_reads_nothing_while_it_stores(self):
        # As nats-server, for seconds, while its cluster chooses a leader: frames have a way of their own.
        stored = threading.Event()

        def on_message(_, topic, __):
            if not topic.endswith(("/frame", "/meta")):
                stored.wait(DEADLINE)

        with FakeBroker(on_message=on_message) as broker:
            kept = lambda kind: f"framepipe/door/{kind}" in {topic for topic, _ in broker.got}  # noqa: E731
            with Publish(broker.url(), "--stream", "door") as push:
                for number in range(3):
                    push.write(live(number))
                    eventually(lambda: ("framepipe/door/frame", png(number)) in broker.got, f"picture {number}")
                self.assertTrue(not (kept("status") and kept("info") and kept("snapshot")), broker.got)
                stored.set()
                for kind in ("status", "info", "snapshot"):
                    eventually(lambda: kept(kind), kind)
                self.assertEqual(push.end(), (0, []))
                self.assertEqual(broker.got[-1], ("framepipe/door/status", b"offline"))

    def test_it_vanishes_in_mid_packet(self):
        whole = message("p/s/frame", png(1, 100_000))
        parts = [whole[:50_000], whole]

        def on_subscribe(link, body):
            if b"p/s/snapshot" in body:
                link.sendall(parts[0])
                if len(parts) == 2:
                    parts.pop(0)
                    link.shutdown(2)

        with FakeBroker(on_subscribe=on_subscribe) as broker, Capture(broker.url("p/s")) as end:
            self.assertEqual(end.frame()[1], png(1, 100_000))
            eventually(lambda: len(end.lines) == 2, "two lines")
            self.assertIn("the broker closed the connection; waiting until it is back", end.lines[0])

    def test_what_is_no_broker(self):
        for greeting in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\xff\xff\xff\xff\xff\xff", b""):
            with FakeBroker(greeting=greeting) as broker:
                for command in ((PUBLISH, broker.url()), (CAPTURE, broker.url("p/s"))):
                    status, lines = run(*command, data=frame(PNG, "image/png"))
                    self.assertEqual((status, len(lines)), (1, 1), lines)

    def test_a_backlog_is_dropped_to_the_newest(self):
        links = []
        with FakeBroker(on_subscribe=lambda link, body: links.append(link)) as broker, Capture(broker.url("p/s")) as end:
            eventually(lambda: len(links) == 6, "subscriptions")

            def send(number, age=0):
                header = b'{"type":"image/png","seq":%d,"time_us":%d,"live":true,"stages":{},"payload":%s}' % (
                    number, int(time.time() * 1e6) - age, self.about(png(number, 1000)))
                return message("p/s/meta", header) + message("p/s/frame", png(number, 1000))

            for number in range(5):
                links[0].sendall(send(number))
                self.assertEqual(end.frame()[0]["seq"], number)
            # As after a stall: late ones in pieces, and at last one that is not.
            for number in range(5, 105):
                links[0].sendall(send(number, age=3_000_000))
            links[0].sendall(send(105))
            self.assertEqual(end.frame()[0]["seq"], 105)

    @staticmethod
    def about(payload):
        total = 0xcbf29ce484222325
        looks = 512
        picked = payload if len(payload) <= 2 * looks else [payload[len(payload) * i // looks] for i in range(looks)] + list(payload[-looks:])
        for byte in picked:
            total = ((total ^ byte) * 0x100000001b3) & (2**64 - 1)
        return b'{"bytes":%d,"sum":"%016x"}' % (len(payload), total)

    def test_the_next_of_several_brokers(self):
        with Mosquitto() as first, Mosquitto() as second:
            hosts = f"mqtt://127.0.0.1:{first.port},127.0.0.1:{second.port}"
            with Capture(second.url("framepipe/door")) as end, Publish(hosts + "/framepipe", "--stream", "door") as push:
                push.write(live(1))
                with Heard(first, "framepipe/#") as heard:
                    heard.wait("framepipe/door/snapshot")
                first.kill()
                push.said("takes frames again")
                push.write(live(2))
                while end.frame()[1] != png(2):
                    pass
                self.assertEqual(push.end()[0], 0)


if __name__ == "__main__":
    main()
