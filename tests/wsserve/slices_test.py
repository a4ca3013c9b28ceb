"""wsserve --respond 'render-slice ...': sliders, each of which ends on its own slice."""
import base64
import json
import os
import random
import signal
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

    def test_what_was_asked_for_is_known_to_all_and_each_gets_it_in_turn(self):
        with self.server() as server:
            with WebSocket(server, protocol="framepipe.v1") as socket:
                socket.control(request="first", text="17", **{"as": "lossless"})
                first = answer_of(socket)
                self.assertEqual(server.metric("respond_cached_total"), 0)
                socket.control(request="again", text="17", **{"as": "lossless"})
                header, png = answer_of(socket)
                self.assertEqual((header["request"], header["type"], header["meta"]["index"], png), ("again", "image/png", 17, first[1]))
                self.assertEqual((server.metric("respond_cached_total"), server.metric("respond_answers_total")), (1, 1))
            with WebSocket(server, "/ws?as=raw") as other:
                for index in (17, 3, 17, 3):
                    other.send(str(index))
                    self.assertEqual(set(other.message()[0::4]), {index})
                self.assertEqual((server.metric("respond_cached_total"), server.metric("respond_answers_total")), (3, 3))
                # What is known does not overtake what is not.
                for index in (40, 17, 41, 3):
                    other.send(str(index))
                self.assertEqual([set(other.message()[0::4]) for _ in range(4)], [{40}, {17}, {41}, {3}])
                other.send("-1")
                other.send("-1")
                for _ in range(2):
                    self.assertIn("0 to 59", json.loads(other.message())["error"])

    def test_a_pipeline_that_was_started_again_is_asked_anew(self):
        once = (f"test -e '{self.folder.name}/started' && level=0:59 || level=0:255; touch '{self.folder.name}/started'; "
                f"render-slice '{self.volume}' --range $level")
        with Server("--respond", once, stdin=subprocess.DEVNULL,
                    env={"PATH": os.path.abspath(BIN) + ":" + os.environ["PATH"]}) as server, WebSocket(server, "/ws?as=raw") as socket:
            def level():
                socket.send("59")
                message = socket.message()
                return None if isinstance(message, str) else message[0]

            self.assertEqual(level(), 59)
            children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True).stdout.split()
            for child in children:
                os.killpg(int(child), signal.SIGKILL)
            eventually(lambda: level() == 255, "the answer of the new pipeline")

    def test_without_room_nothing_is_kept(self):
        with self.server("--respond-cache", "0") as server, WebSocket(server, "/ws?as=raw") as socket:
            for _ in range(2):
                socket.send("17")
                self.assertEqual(set(socket.message()[0::4]), {17})
            self.assertEqual((server.metric("respond_cached_total"), server.metric("respond_answers_total")), (0, 2))

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
