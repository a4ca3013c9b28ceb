"""Three brokers in a cluster, killed and cut off in turn: cluster_test.py BIN. Two producers, three edges, viewers on
all of them. Each broker is in a network namespace of its own; where there are none, they are on loopback and not cut off."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wsserve")]

from brokers import Mosquitto, Process, answers, free_port, program  # noqa: E402
import harness  # noqa: E402
from harness import BIN, Closed, Server, WebSocket, eventually, main, parse_frame  # noqa: E402
from links import Switch, needed  # noqa: E402

STREAMS = ("door", "yard")
# A node asks and is asked for seconds until it has its leaders, and longer on a machine with much to do.
harness.DEADLINE = 90


def ours(name):
    return os.path.join(os.path.abspath(BIN), name)


class Cluster:
    """Nodes of nats-server, whose MQTT wants JetStream and with it a folder and a name for each."""

    def __init__(self, switch=None, count=3):
        self.switch = switch
        self.folder = tempfile.mkdtemp(prefix="cluster_test.")
        self.hosts = switch.hosts if switch else ["127.0.0.1"] * count
        fixed = {"client": 4222, "route": 6222, "mqtt": 1883}
        self.ports = [{kind: fixed[kind] if switch else free_port() for kind in fixed} for _ in range(count)]
        self.nodes = [None] * count
        routes = ",".join(f"nats://{host}:{ports['route']}" for host, ports in zip(self.hosts, self.ports))
        for number, (host, ports) in enumerate(zip(self.hosts, self.ports)):
            with open(self.path(number), "w") as file:
                file.write(f"server_name: n{number}\nlisten: {host}:{ports['client']}\njetstream {{ store_dir: {self.folder}/{number}, max_mem: 64M, max_file: 256M }}\n"
                           f"cluster {{ name: frames, listen: {host}:{ports['route']}, routes: [{routes}] }}\n"
                           f"mqtt {{ listen: {host}:{ports['mqtt']} }}\n")
        for number in range(count):
            self.start(number)

    def path(self, number):
        return os.path.join(self.folder, f"n{number}.conf")

    def start(self, number):
        words = [program("nats-server"), "-c", self.path(number)]
        self.nodes[number] = Process(self.switch.command(number, words) if self.switch else words)

    def wait(self, number):
        """Waits until the node keeps what is retained: JetStream has its leader."""
        host, port = self.hosts[number], self.ports[number]["mqtt"]
        words = [program("mosquitto_pub"), "-h", host, "-p", str(port), "-V", "311", "-q", "1", "-r", "-t", "ready", "-m", "x"]
        eventually(lambda: answers(port, host) and subprocess.run(words, capture_output=True, timeout=60).returncode == 0,
                   f"node {number}: {self.nodes[number].lines[-3:]}")

    def kill(self, number):
        self.nodes[number].end(signal.SIGKILL)

    def url(self, path, first=0):
        nodes = [f"{host}:{ports['mqtt']}" for host, ports in zip(self.hosts, self.ports)]
        return "mqtt://" + ",".join(nodes[first:] + nodes[:first]) + "/" + path

    def __enter__(self):
        for number in range(len(self.nodes)):
            self.wait(number)
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Viewer(threading.Thread):
    """Takes the pictures of one stream by framepipe.v1, in whatever order they come."""

    def __init__(self, server, stream):
        super().__init__(daemon=True)
        self.socket = WebSocket(server, f"/ws?stream={stream}", "framepipe.v1")
        self.stream, self.seqs = stream, []
        self.start()

    def run(self):
        count = 0
        try:
            while True:
                message = self.socket.message()
                if isinstance(message, str):
                    continue
                header, _ = parse_frame(message)
                count += 1
                # A node that dies between a picture and its meta leaves one of them behind.
                if "seq" in header:
                    self.seqs.append(header["seq"])
                self.socket.control(ack=count, stream=self.stream)
        except (Closed, OSError):
            pass


class Running:
    """Producers, edges and viewers, at addresses that `url` gives them by their number."""

    def __init__(self, url):
        self.url, self.processes, self.edges, self.viewers = url, [], [], []

    def start(self):
        url = self.url
        for number, stream in enumerate(STREAMS):
            source = self.program(["capture", "test:", "-s", "64x48", "-r", "20"], stdout=subprocess.PIPE)
            self.program(["publish", url("framepipe", number), "--stream", stream], stdin=source.stdout)
            source.stdout.close()
        for number in range(3):
            capture = self.program(["capture", url("framepipe/+", number), "--idle-close", "0"], stdout=subprocess.PIPE)
            self.edges.append(Server(stdin=capture.stdout))
            capture.stdout.close()
        for edge in self.edges:
            eventually(lambda: {stream["name"] for stream in edge.streams()} == set(STREAMS), f"both streams among {[edge.streams(), self.words()]}")
        self.viewers = [Viewer(edge, stream) for edge in self.edges for stream in STREAMS]
        self.see("at first")

    def program(self, words, **more):
        log = tempfile.TemporaryFile()
        process = subprocess.Popen([ours(words[0]), *words[1:]], stderr=log, **more)
        process.words, process.log = words, log
        self.processes.append(process)
        return process

    def words(self):
        found = []
        for process in self.processes:
            process.log.seek(0)
            found.append((process.words[0], process.log.read().decode()))
        return found

    def see(self, what):
        """Waits until every viewer has three new pictures; the time that it took."""
        begin = time.monotonic()
        before = [len(viewer.seqs) for viewer in self.viewers]
        eventually(lambda: all(len(viewer.seqs) >= count + 3 for viewer, count in zip(self.viewers, before)),
                   f"new pictures {what}: {[len(viewer.seqs) - count for viewer, count in zip(self.viewers, before)]}, {self.words()}")
        return time.monotonic() - begin

    def check(self, test):
        test.assertEqual([process.poll() for process in self.processes], [None] * len(self.processes), self.words())
        for viewer in self.viewers:
            test.assertEqual(viewer.seqs, sorted(set(viewer.seqs)), viewer.stream)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for edge in self.edges:
            edge._end()
        for viewer in self.viewers:
            viewer.socket.socket.close()
        for process in self.processes:
            process.wait()
            process.log.close()


@contextlib.contextmanager
def switch_or_loopback():
    with contextlib.ExitStack() as stack:
        try:
            switch = stack.enter_context(Switch(3))
        except (OSError, subprocess.CalledProcessError) as error:
            print("no network namespaces here (%s): the nodes are on loopback" % error)
            switch = None
        yield switch


class CutOff(unittest.TestCase):
    def test_nodes_of_a_cluster_in_turn(self):
        with needed(Switch(3)) as switch, Cluster(switch) as cluster, Running(cluster.url) as running:
            for number in range(3):
                switch.cut(number)
                print("node %d was cut off: new pictures everywhere after %.2f s" % (number, running.see(f"without node {number}")))
                switch.mend(number)
                cluster.wait(number)
                running.see(f"with node {number} again")
            running.check(self)


class Killed(unittest.TestCase):
    def test_nodes_of_a_cluster_in_turn(self):
        with switch_or_loopback() as switch, Cluster(switch) as cluster, Running(cluster.url) as running:
            for number in range(3):
                cluster.kill(number)
                print("node %d was killed: new pictures everywhere after %.2f s" % (number, running.see(f"without node {number}")))
                cluster.start(number)
                cluster.wait(number)
            running.check(self)

    def test_the_only_broker(self):
        with Mosquitto() as broker, Running(lambda path, _: broker.url(path)) as running:
            broker.kill()
            broker.restart()
            print("mosquitto was restarted: new pictures everywhere after %.2f s" % running.see("after the restart"))
            running.check(self)


if __name__ == "__main__":
    main()
