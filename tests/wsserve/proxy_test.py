"""wsserve below a path of nginx, as the manual page has it. nginx listens on a Unix socket: no port to be in the way."""
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import harness
from harness import Server, WebSocket, ask, eventually, frame, main

JPEG = b"\xff\xd8jpeg\xff\xd9"
PUBLIC = "pictures.example:8443"

CONFIG = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""

# As wsserve(1) has it.
SERVER = """
    server {{
        listen unix:{folder}/nginx;
        location /cam/ {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            {host}
        }}
    }}
"""
RECIPE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "examples", "nginx", "framepipe.conf")


class Nginx:
    """In front of a server; asked as a server is.

    upstream  what follows proxy_pass
    host      a line that sets Host; empty: nginx sends its own
    """

    def __init__(self, upstream, host="proxy_set_header Host $http_host;"):
        self.start(lambda folder: SERVER.format(folder=folder, upstream=upstream, host=host))

    def start(self, servers):
        """servers  makes the configuration of a folder that nginx may write to"""
        self.host = PUBLIC
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o777)
        with open(os.path.join(self.folder, "conf"), "w") as file:
            file.write(CONFIG.format(folder=self.folder, servers=servers(self.folder)))
        nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        self.process = subprocess.Popen([NGINX, "-p", self.folder, "-e", "stderr", "-c", os.path.join(self.folder, "conf")],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **nobody)

    def __enter__(self):
        def answers():
            assert self.process.poll() is None, self.process.stderr.read().decode()
            try:
                self.connect().close()
                return True
            except (ConnectionRefusedError, FileNotFoundError):
                return False

        try:
            eventually(answers, "nginx")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=harness.DEADLINE)
        shutil.rmtree(self.folder)

    def connect(self, receive_buffer=None):
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(harness.DEADLINE)
        try:
            raw.connect(os.path.join(self.folder, "nginx"))
        except OSError:
            raw.close()
            raise
        return raw

    def get(self, path, headers=None):
        connection = http.client.HTTPConnection(PUBLIC, timeout=harness.DEADLINE)
        connection.sock = self.connect()
        return ask(connection, path, headers=headers)


class Recipe(Nginx):
    """The file of examples/, but for the addresses and files that are those of a machine. Asked by TLS."""

    def __init__(self, server_socket):
        self.start(lambda folder: self.fitted(folder, server_socket))

    @staticmethod
    def fitted(folder, server_socket):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=pictures.example", "-addext", "subjectAltName=DNS:pictures.example", "-keyout", folder + "/key", "-out", folder + "/cert"],
                       check=True, capture_output=True)
        os.chmod(folder + "/key", 0o644)
        with open(RECIPE, encoding="utf-8") as file:
            text = file.read()
        for there, here in (("listen 443 ssl;", "listen unix:%s/nginx ssl;" % folder), ("listen [::]:443 ssl;", ""),
                            ("/run/framepipe/door.sock", server_socket), ("camera.example;", "pictures.example;"),
                            ("/etc/ssl/certs/camera.pem", folder + "/cert"), ("/etc/ssl/private/camera.key", folder + "/key")):
            assert text.count(there) == 1, there
            text = text.replace(there, here)
        return text

    def connect(self, receive_buffer=None):
        return ssl.create_default_context(cafile=self.folder + "/cert").wrap_socket(super().connect(), server_hostname="pictures.example")


NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


@unittest.skipUnless(NGINX, "no nginx here")
class BelowAPath(unittest.TestCase):
    def check(self, server, nginx, websocket_status=101, origin=f"https://{PUBLIC}"):
        server.write(frame(JPEG, live=True))
        server.frames_in(1)
        page = nginx.get("/cam/")
        self.assertEqual(page.status, 200)
        self.assertIn(b'src="app.js"', page.body)
        for name in ("app.js", "worker.js", "style.css"):
            self.assertEqual(nginx.get("/cam/" + name).status, 200, name)
        self.assertEqual(nginx.get("/cam/snapshot.jpg").body, JPEG)
        with WebSocket(nginx, "/cam/ws", origin=origin) as viewer:
            self.assertEqual(viewer.status, websocket_status)
            if websocket_status == 101:
                self.assertEqual(viewer.message(), JPEG)
        with WebSocket(nginx, "/cam/ws", origin="https://evil.example") as viewer:
            self.assertEqual(viewer.status, 403)
        with nginx.connect() as raw:
            raw.sendall(f"GET /cam/stream.mjpg HTTP/1.0\r\nHost: {PUBLIC}\r\n\r\n".encode())
            file = raw.makefile("rb")
            for number in range(3):  # each comes through without waiting for the next
                while b"jpeg" not in (line := file.readline()):
                    self.assertTrue(line)
                server.write(frame(JPEG + b"%d" % number))
            file.close()

    def test_a_path_that_is_taken_off(self):
        with Server("--allow-host", "pictures.example") as server, Nginx(f"http://127.0.0.1:{server.port}/") as nginx:
            self.check(server, nginx)

    def test_a_path_that_is_left(self):
        for given in ("/cam/", "/cam"):
            with Server("--allow-host", "pictures.example", "--base-path", given) as server, Nginx(f"http://127.0.0.1:{server.port}") as nginx:
                self.check(server, nginx)
                self.assertEqual(server.get("/snapshot.jpg").status, 200)
                answer = server.get("/cam?stream=x")
                self.assertEqual((answer.status, answer.headers["Location"]), (308, "/cam/?stream=x"))
                self.assertEqual(server.get("/camera/").status, 404)

    def test_a_name_that_the_server_does_not_have(self):
        for options, status in ((), 421), (("--allow-host", "pictures.example"), 200):
            with Server(*options) as server, Nginx(f"http://127.0.0.1:{server.port}/") as nginx:
                self.assertEqual(nginx.get("/cam/streams", headers={"Host": PUBLIC}).status, status)

    def test_without_the_browsers_host(self):
        with Server("--allow-origin", f"https://{PUBLIC}") as server, Nginx(f"http://127.0.0.1:{server.port}/", host="") as nginx:
            self.check(server, nginx)
        with Server() as server, Nginx(f"http://127.0.0.1:{server.port}/", host="") as nginx:
            self.check(server, nginx, websocket_status=403)

    def test_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            path = os.path.join(folder, "wsserve")
            with Server("--listen", "unix:" + path, preexec=lambda: os.umask(0)) as server, Nginx(f"http://unix:{path}:/") as nginx:
                self.check(server, nginx)

    def test_the_recipe(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            path = os.path.join(folder, "wsserve")
            with Server("--listen", "unix:" + path, "--publish", preexec=lambda: os.umask(0)) as server, Recipe(path) as nginx:
                self.check(server, nginx)
                answer = nginx.get("/cam?stream=x")
                self.assertEqual((answer.status, answer.headers["Location"]), (308, "/cam/?stream=x"))
                # A picture of an upload that goes on: nginx holds nothing back.
                with nginx.connect() as raw:
                    raw.sendall(f"POST /cam/publish?stream=up HTTP/1.1\r\nHost: {PUBLIC}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
                    sent = frame(JPEG, live=True)
                    raw.sendall(b"%x\r\n%b\r\n" % (len(sent), sent))
                    eventually(lambda: any(stream["name"] == "up" for stream in server.streams()), "the stream that is pushed")


class Usage(unittest.TestCase):
    def test_a_path_begins_with_a_slash(self):
        done = subprocess.run([os.path.join(harness.BIN, "wsserve"), "--base-path", "cam"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (2, "wsserve: --base-path cam: a path begins with /\n"))


if __name__ == "__main__":
    main()
