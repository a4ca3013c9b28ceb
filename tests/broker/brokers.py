"""Real brokers for tests: each on a port of its own, with its files in a temporary folder."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wsserve"))

from harness import BIN, DEADLINE, eventually  # noqa: E402

CAPTURE = os.path.join(os.path.abspath(BIN), "capture")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def program(name):
    return shutil.which(name) or os.path.join("/usr/sbin", name)


class Process:
    """A program whose lines on stdout and stderr are kept."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(DEADLINE)
        self.process.stdout.close()


class Mosquitto:
    """mosquitto; `config` are further lines, with {folder} for a folder of its own."""

    def __init__(self, config="allow_anonymous true", listener="", log=False):
        self.folder = tempfile.mkdtemp(prefix="broker_test.")
        self.config, self.listener, self.log = config, listener, log
        self.running = None
        self.port = 0

    def start(self, port=None):
        for _ in range(20):  # somebody else may have taken the port
            self.port = port or free_port()
            path = os.path.join(self.folder, "conf")
            with open(path, "w") as file:
                file.write(f"listener {self.port} 127.0.0.1\n{self.listener}\n{self.config}\nlog_type {'all' if self.log else 'error'}\nlog_dest stdout\n"
                           .replace("{folder}", self.folder))
            if os.getuid() == 0:
                os.chmod(self.folder, 0o755)
                with open(path, "a") as file:
                    file.write("user root\n")
            self.running = Process([program("mosquitto"), "-c", path])
            eventually(lambda: answers(self.port) or self.running.process.poll() is not None, "a broker")
            if self.running.process.poll() is None:
                return self
            self.running.end()
        raise AssertionError("no broker: " + "\n".join(self.running.lines))

    def kill(self):
        self.running.end(signal.SIGKILL)

    def restart(self):
        self.start(self.port)

    def url(self, path="framepipe", scheme="mqtt", user=""):
        return f"{scheme}://{user}127.0.0.1:{self.port}/{path}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.running.end()
        shutil.rmtree(self.folder)


class Nats:
    """nats-server with its MQTT, which wants JetStream and with it a folder; `config` are further lines."""

    def __init__(self, config=""):
        self.folder = tempfile.mkdtemp(prefix="broker_test.")
        self.config = config
        self.running = None

    def __enter__(self):
        for _ in range(20):  # somebody else may have taken a port
            self.port = free_port()
            path = os.path.join(self.folder, "conf")
            with open(path, "w") as file:
                file.write(f"server_name: n\nlisten: 127.0.0.1:{free_port()}\njetstream {{ store_dir: {self.folder}/data, max_mem: 64M, max_file: 256M }}\n"
                           f"mqtt {{ listen: 127.0.0.1:{self.port} }}\n{self.config}\n")
            self.running = Process([program("nats-server"), "-c", path])
            eventually(lambda: answers(self.port) or self.running.process.poll() is not None, "a broker")
            if self.running.process.poll() is None:
                return self
            self.running.end()
        raise AssertionError("no broker: " + "\n".join(self.running.lines))

    def url(self, path="framepipe"):
        return f"mqtt://127.0.0.1:{self.port}/{path}"

    def __exit__(self, *_):
        self.running.end()
        shutil.rmtree(self.folder, ignore_errors=True)


class Slow:
    """A client of 3.1.1 that asks for a topic, and reads only when it is told to."""

    def __init__(self, broker, *topics):
        self.socket = socket.create_connection(("127.0.0.1", broker.port), DEADLINE)
        self.data = self.socket.makefile("rb")
        # Without keep-alive: a broker would end who is silent.
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\x02\0\0" + text("slow")))
        self._packet()
        self.socket.sendall(packet(0x82, b"\0\1" + b"".join(text(topic) + b"\0" for topic in topics)))
        self._packet()

    def _packet(self):
        kind, size, shift = self.data.read(1)[0], 0, 0
        while True:
            byte = self.data.read(1)[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, self.data.read(size)

    def message(self):
        """(topic, payload) of the next one."""
        _, body = self._packet()
        size = int.from_bytes(body[:2], "big")
        return body[2:2 + size].decode(), body[2 + size:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.data.close()
        self.socket.close()


class Heard(Process):
    """mosquitto_sub: what is published, as (topic, payload in hex, retained, properties)."""

    def __init__(self, broker, *topics, version="5", more=()):
        arguments = [word for topic in topics for word in ("-t", topic)]
        publish_by_hand(broker, "heard/ready", b"x", "-r")
        # Retained, and asked for last: when it comes the others are subscribed to.
        super().__init__([program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(broker.port), "-V", version, *arguments, "-t", "heard/ready", "-F", "%t %r %x %P", *more])
        self.wait("heard/ready")

    def messages(self, topic):
        found = [line.split(" ", 3) for line in list(self.lines)]
        return [(bytes.fromhex(words[2]), words[1] == "1", words[3] if len(words) > 3 else "") for words in found if words[0] == topic]

    def wait(self, topic, condition=lambda messages: messages):
        eventually(lambda: condition(self.messages(topic)), f"{topic} among {self.lines}")
        return self.messages(topic)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def publish_by_hand(broker, topic, payload, *more, version="5"):
    subprocess.run([program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(broker.port), "-V", version, "-t", topic, "-s" if payload else "-n", *more], input=payload, check=True,
                   timeout=DEADLINE)


def packet(kind, body):
    size, length = len(body), b""
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def text(words):
    return len(words).to_bytes(2, "big") + words.encode()


def message(topic, payload, version=4, retain=False):
    return packet(0x30 | retain, text(topic) + (b"\0" if version == 5 else b"") + payload)


class FakeBroker:
    """A broker of one version, as bad as a test wants it.

    on_message(link, topic, size)  for each message that a client sends
    on_subscribe(link)             when a client has its topics
    refusal(version)               what a client of another version gets before the end; None: nothing
    answers                        False: it takes connections, and says nothing

    asked: the versions by which it was asked; unanswered: whom it did not answer, by their client identifiers; got: the
    messages, as (topic, payload).
    """

    def __init__(self, version=4, refusal=b"\x20\x02\x00\x01", on_message=None, on_subscribe=None, reads=True, greeting=None, answers=True, port=0):
        self.version, self.refusal, self.reads, self.greeting, self.answers = version, refusal, reads, greeting, answers
        self.on_message = on_message or (lambda *_: None)
        self.on_subscribe = on_subscribe or (lambda *_: None)
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        self.links, self.asked, self.unanswered, self.got = [], [], [], []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                link, _ = self.server.accept()
                self.links.append(link)
                threading.Thread(target=self._talk, args=(link,), daemon=True).start()
        except OSError:
            pass

    def _talk(self, link):
        try:
            with link, link.makefile("rb") as data:
                while head := data.read(1):
                    size, shift = 0, 0
                    while True:
                        byte = data.read(1)[0]
                        size |= (byte & 127) << shift
                        shift += 7
                        if byte < 128:
                            break
                    if not self._answer(link, head[0], data.read(size)):
                        return
        except (OSError, IndexError):
            pass

    def _answer(self, link, kind, body):
        if kind >> 4 == 1:
            self.asked.append(body[6])
            if not self.answers:
                rest = body[10:] if body[6] < 5 else body[11 + body[10]:]
                self.unanswered.append(rest[2:2 + int.from_bytes(rest[:2], "big")].decode())
                return True
            if self.greeting is not None:
                link.sendall(self.greeting)
                return False
            if body[6] != self.version:
                link.sendall(self.refusal or b"")
                return False
            link.sendall(packet(0x20, b"\0\0" + (b"\0" if self.version == 5 else b"")))
        elif kind >> 4 == 8:
            link.sendall(packet(0x90, body[:2] + (b"\0" if self.version == 5 else b"") + b"\0"))
            self.on_subscribe(link, body)
        elif kind >> 4 == 3:
            size = int.from_bytes(body[:2], "big")
            topic, rest = body[2:2 + size].decode(), body[2 + size:]
            if kind & 6:
                link.sendall(packet(0x40, rest[:2]))
                rest = rest[2:]
            self.got.append((topic, rest))
            if self.on_message(link, topic, len(rest)) is False:
                return False
            if not self.reads and topic.endswith("/frame"):
                threading.Event().wait()
        elif kind >> 4 == 12:
            link.sendall(b"\xd0\0")
        return True

    def url(self, path="framepipe"):
        return f"mqtt://127.0.0.1:{self.port}/{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        for link in self.links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def run(*command, data=b"", env=None):
    """(exit status, lines on stderr) of a command that ends by itself"""
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, env={**os.environ, **(env or {})})
    return done.returncode, done.stderr.decode().splitlines()
