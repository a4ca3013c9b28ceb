"""Addresses, passwords and certificates, right and wrong: access_test.py BIN."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve"), os.path.join(HERE, "../capture"), os.path.join(HERE, "../publish")]

from brokers import CAPTURE, Mosquitto, free_port, program, run  # noqa: E402
from harness import frame, main  # noqa: E402
from pictures import PNG, live, png  # noqa: E402
from pushing import PUBLISH, Publish  # noqa: E402
from running import Capture  # noqa: E402


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


if __name__ == "__main__":
    main()
