"""Asks a wsserve --respond from many clients; see the script `run` beside this file.

The clients are bare sockets in one epoll loop: a WebSocket library would take more time than what is
measured."""
import os
import re
import selectors
import socket
import struct
import subprocess
import sys
import time

PERIOD = 0.1
COMMAND = "exec {bin}/render-text --size 300x150 --font-size 40 --color blue --background white"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(entry))
    return found


class Client:
    """Sends a text when it is due; the next one only after the answer."""

    def __init__(self, port, number, start):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(f"GET /ws?as=raw HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(4096)
        assert b" 101 " in head.split(b"\r\n")[0], head
        self.number, self.asked, self.count, self.got, self.want = number, None, 0, 0, None
        self.due = start

    def ask(self):
        text = f"client {self.number} asks {self.count}".encode()
        self.count += 1
        self.asked = time.monotonic()
        self.due += PERIOD
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)

    def read(self, buffer):
        """Seconds that the answer took, once it is whole."""
        size = self.socket.recv_into(buffer)
        assert size, "the server has closed the connection"
        if self.want is None:
            assert buffer[0] == 0x82 and buffer[1] == 127, bytes(buffer[:size])
            self.want = 10 + struct.unpack(">Q", bytes(buffer[2:10]))[0]
        self.got += size
        if self.got < self.want:
            return None
        took, self.asked, self.got, self.want = time.monotonic() - self.asked, None, 0, None
        return took


def measure(port, count, seconds):
    start = time.monotonic() + 0.5
    clients = [Client(port, n, start + PERIOD * n / count) for n in range(count)]
    end = start + seconds
    selector = selectors.EpollSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    took, buffer = [], bytearray(1 << 20)
    while (now := time.monotonic()) < end:
        waiting = [client for client in clients if client.asked is None]
        for client in waiting:
            if client.due <= now:
                client.ask()
        due = min((client.due for client in waiting if client.asked is None), default=now + PERIOD)
        for key, _ in selector.select(max(0, due - time.monotonic())):
            answer = key.data.read(buffer)
            if answer is not None:
                took.append(answer)
    for client in clients:
        client.socket.close()
    return sorted(took)


def main():
    programs, count, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100, float(sys.argv[3]) if len(sys.argv) > 3 else 8
    command = COMMAND.format(bin=programs)
    server = subprocess.Popen([f"{programs}/wsserve", "--listen", "127.0.0.1:0", "--respond", command], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)/", server.stderr.readline())[1])
        print("| clients | answers/s | median ms | 99 % ms | most ms | wsserve CPU % | render-text CPU % | clients' CPU % |")
        print("|---:|---:|---:|---:|---:|---:|---:|---:|")
        for clients in (1, count):
            measure(port, clients, 1)
            pids = [server.pid, children(server.pid)[0], os.getpid()]
            before, begin = [cpu_seconds(pid) for pid in pids], time.monotonic()
            took = measure(port, clients, seconds)
            spent = time.monotonic() - begin
            load = [100 * (cpu_seconds(pid) - past) / spent for pid, past in zip(pids, before)]
            times = " | ".join(f"{1000 * took[min(int(len(took) * part), len(took) - 1)]:.2f}" for part in (0.5, 0.99, 1))
            print(f"| {clients} | {len(took) / seconds:.0f} | {times} | " + " | ".join(f"{one:.0f}" for one in load) + " |")
    finally:
        server.terminate()
        server.wait()


main()
