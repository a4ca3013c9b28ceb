"""wsserve --respond 'render-slice ...': sliders, each of which ends on its own slice."""
import base64
import json
import os
import random
import struct
import subprocess
import tempfile
import threading
import unittest

from harness import BIN, Server, WebSocket, eventually, main, parse_frame

WIDTH, HEIGHT, DEPTH = 5, 4, 60


def save_volume(path):
    """A .npy of uint8 whose slice i along the last axis is all i."""
    shape = str({"descr": "|u1", "fortran_order": False, "shape": (HEIGHT, WIDTH, DEPTH)}).encode()
    shape += b" " * (63 - (len(shape) + 10) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(shape)) + shape + bytes(range(DEPTH)) * (WIDTH * HEIGHT))


def answer_of(socket):
    while isinstance(answer := socket.message(), str):
        pass
    return parse_frame(answer)


class Slices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="framepipe-slices-")
        cls.volume = os.path.join(cls.folder.name, "volume.npy")
        save_volume(cls.volume)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def server(self, *arguments, filters=""):
        return Server("--respond", f"render-slice '{self.volume}' --range 0:255 {filters}", *arguments, stdin=subprocess.DEVNULL,
                      env={"PATH": os.path.abspath(BIN) + ":" + os.environ["PATH"]})

    def test_fifty_sliders_at_once_each_end_on_their_own_slice(self):
        ends = {}

        def drag(socket, number):
            """As the page does: one question under way, then the newest place of the slider."""
            way = random.Random(number)
            for index in [way.randrange(DEPTH) for _ in range(40)] + [number]:
                socket.control(request=f"{number}/{index}", text=str(index), **{"as": "raw"})
                header, pixels = answer_of(socket)
                assert header["request"] == f"{number}/{index}", header
                ends[number] = (header["meta"]["index"], set(pixels[0::4]), len(pixels))

        with self.server() as server:
            sockets = [WebSocket(server, protocol="framepipe.v1") for _ in range(50)]
            threads = [threading.Thread(target=drag, args=(socket, number)) for number, socket in enumerate(sockets)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for socket in sockets:
                socket.socket.close()
            self.assertEqual(ends, {number: (number, {number}, 4 * WIDTH * HEIGHT) for number in range(50)})
            self.assertEqual(server.metric("respond_strays_total"), 0)

    def test_a_page_of_ones_own_sends_the_index_and_gets_base64(self):
        with self.server("--send-as", "base64", filters="| encode jpeg") as server, WebSocket(server) as socket:
            for index in ("0", "17", str(DEPTH - 1)):
                socket.send(index)
                jpeg = base64.b64decode(socket.message(), validate=True)
                self.assertEqual((jpeg[:3], jpeg[-2:]), (b"\xff\xd8\xff", b"\xff\xd9"))
            for wrong in ("-1", str(DEPTH), "abc", ""):
                socket.send(wrong)
                error = json.loads(socket.message())["error"]
                self.assertIn(f"0 to {DEPTH - 1}", error, f"of {wrong!r}")

    def test_the_page_learns_of_the_volume_by_the_state(self):
        with self.server(filters="| encode png") as server:
            def described():
                with WebSocket(server, protocol="framepipe.v1") as socket:
                    return json.loads(socket.message())["server"].get("describes")

            volume = eventually(described, "the description")["volume"]
            self.assertEqual((volume["shape"], volume["name"]), ([HEIGHT, WIDTH, DEPTH], "volume.npy"))
            self.assertEqual([plane["depth"] for plane in volume["planes"]], [HEIGHT, WIDTH, DEPTH])


if __name__ == "__main__":
    main()
