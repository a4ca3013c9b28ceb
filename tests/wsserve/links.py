"""Links between wsserve and its viewers that are slow, or long, and between machines that are cut: network namespaces
with pairs of interfaces.

Where the machine does not let us make them (that takes root), the tests are skipped and say so: a relay in this
process has queues of its own, and would measure those."""
import collections
import contextlib
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import threading
import time
import unittest

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
TIMEOUT = 20


def open_tun(device):
    """An interface whose packets are read and written here."""
    wire = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(wire, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return wire


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=TIMEOUT)


def add_namespace(name):
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")


def delete_namespace(name):
    """With all interfaces in it; it need not be there."""
    subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False)


def enter(path):
    """Moves this thread, and with it what it starts from now on, into a namespace."""
    with open(path) as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def inside(name, make):
    """What `make` returns, called in the namespace: a thread is in one, and what it opens stays there."""
    made = []

    def enter_and_make():
        try:
            enter(f"/run/netns/{name}")
            made.append(make())
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=enter_and_make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


@contextlib.contextmanager
def needed(network):
    """The network, or the test is skipped."""
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(network)
        except (OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest(f"no network namespaces here: {error}") from error
        yield made


def link(**shape):
    """rate  bytes a second, to the viewer;  delay  seconds, each way"""
    return needed(Namespaces(**shape))


class Switch:
    """Machines, each a network namespace, on one switch; this process is at it too as long as it stands."""

    def __init__(self, count):
        base = f"framepipe-{os.getpid()}-{os.urandom(2).hex()}"
        self.switch, self.here = f"{base}-switch", f"{base}-here"
        self.machines = [f"{base}-{number}" for number in range(count)]
        self.hosts = [f"10.99.1.{number + 2}" for number in range(count)]
        self.outside = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)

    def __enter__(self):
        try:
            add_namespace(self.switch)
            run("ip", "-n", self.switch, "link", "add", "switch", "type", "bridge")
            run("ip", "-n", self.switch, "link", "set", "switch", "up")
            for number, (name, host) in enumerate([(self.here, "10.99.1.1"), *zip(self.machines, self.hosts)]):
                add_namespace(name)
                port = self._port(number - 1)
                run("ip", "link", "add", port, "netns", self.switch, "type", "veth", "peer", "name", "fp0", "netns", name)
                run("ip", "-n", self.switch, "link", "set", port, "master", "switch", "up")
                run("ip", "-n", name, "address", "add", f"{host}/24", "dev", "fp0")
                run("ip", "-n", name, "link", "set", "fp0", "up")
            enter(f"/run/netns/{self.here}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        enter(f"/proc/self/fd/{self.outside}")
        os.close(self.outside)
        for name in (self.switch, self.here, *self.machines):
            delete_namespace(name)

    @staticmethod
    def _port(number):
        return f"port{number + 1}"

    def command(self, number, words):
        """`words`, so that they run on that machine."""
        return ["ip", "netns", "exec", self.machines[number], *words]

    def cut(self, number):
        """What is on its way to that machine, or from it, is lost."""
        run("ip", "-n", self.switch, "link", "set", self._port(number), "down")

    def mend(self, number):
        run("ip", "-n", self.switch, "link", "set", self._port(number), "up")


class Namespaces:
    """The server in one network namespace, its viewers in another.

    The kernel shapes a link without delay; packets are delayed here, since not every kernel can (netem)."""
    listen = "10.99.0.1:0"

    def __init__(self, rate, delay=0):
        self.rate = rate
        self.delay = delay
        self.near = f"framepipe-{os.getpid()}-server"
        self.far = f"framepipe-{os.getpid()}-viewer"
        self.wires = []
        self.ended = False
        self.thread = None

    def __enter__(self):
        try:
            for name in (self.near, self.far):
                add_namespace(name)
            if self.delay:
                self.wires = [inside(name, lambda device=device: open_tun(device)) for name, device in ((self.near, "fp0"), (self.far, "fp1"))]
            else:
                run("ip", "link", "add", "fp0", "netns", self.near, "type", "veth", "peer", "name", "fp1", "netns", self.far)
            for name, device, address in ((self.near, "fp0", "10.99.0.1/24"), (self.far, "fp1", "10.99.0.2/24")):
                run("ip", "-n", name, "address", "add", address, "dev", device)
                run("ip", "-n", name, "link", "set", device, "mtu", "9000" if self.delay else "1500", "up")
            if self.delay:
                self.thread = threading.Thread(target=self.carry)
                self.thread.start()
            else:
                # Room for what a viewer must not find there: pictures that wait in the network.
                run("tc", "-n", self.near, "qdisc", "add", "dev", "fp0", "root", "tbf", "rate", f"{self.rate * 8}bit", "burst", "4096", "latency", "4s")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.ended = True
        if self.thread:
            self.thread.join()
        for wire in self.wires:
            os.close(wire)
        for name in (self.near, self.far):
            delete_namespace(name)

    def carry(self):
        waiting = collections.deque()
        free_at = [0, 0]
        while not self.ended:
            patience = waiting[0][0] - time.monotonic() if waiting else 0.05
            ready = select.select(self.wires, [], [], min(0.05, max(0, patience)))[0]
            now = time.monotonic()
            for i in (0, 1):
                if self.wires[i] in ready:
                    packet = os.read(self.wires[i], 10000)
                    free_at[i] = max(now, free_at[i]) + len(packet) / self.rate
                    waiting.append((free_at[i] + self.delay, self.wires[1 - i], packet))
            while waiting and waiting[0][0] <= now:
                _, wire, packet = waiting.popleft()
                os.write(wire, packet)

    def command(self, words):
        return ["ip", "netns", "exec", self.near, *words]

    def connect(self, port):
        return self._connect(self.far, port)

    def connect_here(self, port):
        return self._connect(self.near, port)

    def _connect(self, name, port):
        return inside(name, lambda: socket.create_connection(("10.99.0.1", port), TIMEOUT))
