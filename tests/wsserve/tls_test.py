"""https and wss: the certificate, its reloading, and peers that do not speak TLS as they should."""
import http.client
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

import harness
from harness import Server, WebSocket, frame, main

JPEG = b"\xff\xd8jpeg\xff\xd9"
FOLDER = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(FOLDER.name, name)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def setUpModule():
    for name in ("one", "two"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", path(name + ".key"), "-out", path(name + ".pem"))
    openssl("ec", "-in", path("one.key"), "-aes128", "-passout", "pass:words", "-out", path("locked.key"))
    with open(path("both.pem"), "wb") as both:
        for name in ("one.pem", "one.key"):
            with open(path(name), "rb") as file:
                both.write(file.read())


def tearDownModule():
    FOLDER.cleanup()


class TlsServer(Server):
    def __init__(self, *arguments, cert="one.pem", key="one.key", trust="one.pem", **more):
        self.client = ssl.create_default_context(cafile=path(trust))
        super().__init__("--tls-cert", path(cert), *(["--tls-key", path(key)] if key else []), *arguments, **more)

    def connect(self, receive_buffer=None):
        return self.client.wrap_socket(super().connect(receive_buffer), server_hostname="127.0.0.1")

    def http(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=harness.DEADLINE, context=self.client)

    def plain(self):
        raw = socket.create_connection(("127.0.0.1", self.port), harness.DEADLINE)
        return raw


class Https(unittest.TestCase):
    def test_pictures_by_https_and_wss(self):
        with TlsServer() as server:
            self.assertRegex(server.lines[0], r"https://127\.0\.0\.1:\d+/ \(this machine only")
            server.write(frame(JPEG))
            server.frames_in(1)
            self.assertEqual(server.get("/snapshot.jpg").body, JPEG)
            with WebSocket(server, origin=f"https://127.0.0.1:{server.port}") as viewer:
                self.assertEqual(viewer.message(), JPEG)
                viewer.send(b"", opcode=9)
                self.assertEqual(viewer.read()[0], 10)

    def test_large_pictures_and_slow_viewers(self):
        large = bytes(range(256)) * 20000  # many records, more than any socket takes at once
        with TlsServer() as server, WebSocket(server) as slow:
            server.viewers(1)
            for number in range(30):
                server.write(frame(JPEG + b"%06d" % number + large, live=True))
            server.frames_in(30)
            seen = []
            while not seen or seen[-1] != 29:
                picture = slow.message()
                self.assertEqual(picture[len(JPEG) + 6:], large)
                seen.append(int(picture[len(JPEG):][:6]))
            self.assertEqual(seen, sorted(seen))
            self.assertLess(len(seen), 30)

    def test_many_viewers_of_one_picture(self):
        picture = JPEG + bytes(100000)  # sent from a file without TLS
        with TlsServer() as server:
            crowd = [WebSocket(server) for _ in range(20)]
            server.viewers(20)
            server.write(frame(picture))
            for viewer in crowd:
                self.assertEqual(viewer.message(), picture)
                viewer.socket.close()

    def test_the_end_is_told(self):
        with TlsServer() as server, WebSocket(server) as viewer:
            server.viewers(1)
            self.assertEqual(server.stop()[0], 0)
            self.assertEqual(viewer.closing()[0], 1001)
            self.assertEqual(viewer.socket.recv(1), b"")  # a close_notify, no cut

    def test_versions(self):
        with TlsServer() as server, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that are to be refused
            for version, good in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_1, False)):
                server.client = ssl.create_default_context(cafile=path("one.pem"))
                server.client.set_ciphers("ALL:@SECLEVEL=0")
                server.client.minimum_version = ssl.TLSVersion.TLSv1
                server.client.maximum_version = version
                if good:
                    with server.connect() as raw:
                        self.assertEqual(raw.version(), version.name.replace("_", "."))
                else:
                    with self.assertRaises(ssl.SSLError):
                        server.connect()

    def test_http_1_1_is_what_is_agreed_on(self):
        with TlsServer() as server:
            server.client.set_alpn_protocols(["h2", "http/1.1"])
            with server.connect() as raw:
                self.assertEqual(raw.selected_alpn_protocol(), "http/1.1")

    def test_certificate_and_key_in_one_file(self):
        with TlsServer(cert="both.pem", key=None) as server:
            self.assertEqual(server.get("/healthz").status, 503)

    def test_a_unix_socket_beside_it_is_plain(self):
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "socket")
            with TlsServer("--listen", "unix:" + place) as server:
                with socket.socket(socket.AF_UNIX) as raw:
                    raw.settimeout(harness.DEADLINE)
                    raw.connect(place)
                    raw.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                    self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 503"))
                self.assertEqual(server.get("/healthz").status, 503)


class WrongPeers(unittest.TestCase):
    def test_plain_http_is_told_what_to_do(self):
        with TlsServer() as server:
            for request in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST /publish HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + bytes(100000)):
                with server.plain() as raw:
                    raw.sendall(request)
                    answer = raw.makefile("rb").read()
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
                self.assertTrue(answer.endswith(b"TLS is spoken here: the address begins with https://\n"))
            self.assertEqual(server.get("/healthz").status, 503)

    def test_rubbish_and_half_a_handshake_are_let_go(self):
        with TlsServer() as server:
            with server.plain() as half, server.plain() as silent, server.plain() as rubbish, server.plain() as hasty:
                hasty.sendall(b"\x16\x03\x01\x02\x00")
                hasty.shutdown(socket.SHUT_WR)
                self.assertEqual(hasty.recv(100), b"")
                rubbish.sendall(os.urandom(64).replace(b"\x16", b"x"))
                try:
                    while rubbish.recv(100):
                        pass  # an alert
                except ConnectionResetError:
                    pass
                half.sendall(b"\x16\x03\x01\x02\x00\x01")
                self.assertEqual(half.recv(100), b"")
                self.assertEqual(silent.recv(100), b"")
            self.assertGreaterEqual(server.metric('refusals_total{reason="timeout"}'), 2)

    def test_a_full_server_says_so(self):
        with TlsServer("--max-connections", "1") as server, WebSocket(server):
            self.assertEqual(server.get("/snapshot.jpg").status, 503)


class Files(unittest.TestCase):
    def certificate(self, server):
        client = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", server.port), harness.DEADLINE) as raw, client.wrap_socket(raw) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(True))

    def copy(self, name, to):
        with open(path(name)) as source, open(path(to), "w") as target:
            text = source.read()
            target.write(text)
            return text

    def test_sighup_reads_them_again(self):
        first = self.copy("one.pem", "cert")
        self.copy("one.key", "key")
        with TlsServer(cert="cert", key="key") as server, WebSocket(server) as viewer:
            server.viewers(1)
            self.assertEqual(self.certificate(server), first)
            second = self.copy("two.pem", "cert")
            server.process.send_signal(signal.SIGHUP)
            server.said(f"the key in {path('key')} is not that of the certificate in {path('cert')}; what was read before stays")
            self.assertEqual(self.certificate(server), first)
            self.copy("two.key", "key")
            server.process.send_signal(signal.SIGHUP)
            server.said("its files are read again")
            self.assertEqual(self.certificate(server), second)
            server.write(frame(JPEG))
            self.assertEqual(viewer.message(), JPEG)

    def test_what_cannot_be_read_ends_the_start(self):
        with open(path("empty"), "w"):
            pass
        for cert, key, words in (("none", "one.key", f"cannot read the certificate in {path('none')}: no such file or directory"),
                                 ("one.pem", "none", f"cannot read the key in {path('none')}: no such file or directory"),
                                 ("empty", "one.key", f"cannot read the certificate in {path('empty')}: it is no certificate in PEM"),
                                 ("one.pem", "one.pem", f"cannot read the key in {path('one.pem')}: it is no private key in PEM"),
                                 ("one.pem", None, f"cannot read the key in {path('one.pem')}: it is no private key in PEM"),
                                 ("one.pem", "two.key", f"the key in {path('two.key')} is not that of the certificate in {path('one.pem')}"),
                                 ("one.pem", "locked.key", f"cannot read the key in {path('locked.key')}: it has a passphrase, for which nobody can be asked")):
            with self.assertRaises(AssertionError) as caught:
                TlsServer(cert=cert, key=key)
            self.assertIn("wsserve: " + words, str(caught.exception))

    def test_a_key_alone_is_of_no_use(self):
        done = subprocess.run([os.path.join(harness.BIN, "wsserve"), "--tls-key", path("one.key")], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--tls-cert", done.stderr)


if __name__ == "__main__":
    main()
