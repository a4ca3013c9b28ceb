"""requests_test.py BIN: what render-slice answers, what it says of itself, and what it refuses."""
import json
import signal
import subprocess
import time
import unittest

import numpy as np

from slicing import ENVIRONMENT, RENDER, Folder, frame, picture, run

ARRAY = (np.arange(4 * 5 * 6, dtype=np.uint16) * 500).reshape(4, 5, 6)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = cls.folder.save(ARRAY, "ramp.npy")


class Requests(Case):
    def ask(self, *requests, arguments=()):
        """One answer a request."""
        stdin = b"".join(frame({"type": "text/plain", "request": str(i)}, (one if isinstance(one, str) else json.dumps(one)).encode())
                         for i, one in enumerate(requests))
        frames, err, status = run(self.path, "--range", "0:65535", "--depth", 16, *arguments, stdin=stdin)
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([header["request"] for header, _ in frames], [str(i) for i in range(len(requests))])
        return frames if len(requests) > 1 else frames[0]

    def refused(self, request, *words, arguments=()):
        header, payload = self.ask(request, arguments=arguments)
        self.assertEqual(header["type"], "text/plain")
        self.assertEqual(header["error"].encode(), payload)
        self.assertNotIn("\n", header["error"])
        for word in words:
            self.assertIn(word, header["error"])

    def test_an_index_as_text(self):
        for text in ("2", " 2\r\n", '{"index": 2}', '{"index":2.0}', '{"axis":2,"index":2}', '{"axis":"2","index":2}'):
            header, payload = self.ask(text)
            np.testing.assert_array_equal(picture(header, payload), ARRAY[:, :, 2], text)

    def test_each_key(self):
        doubled = np.minimum(ARRAY[:, :, 1].astype(int) * 2, 65535)
        for request, wanted in (
                ({}, ARRAY[:, :, 3]),
                ({"axis": 0}, ARRAY[2]),
                ({"axis": 1, "index": 0}, ARRAY[:, 0]),
                ({"position": 0}, ARRAY[:, :, 0]),
                ({"position": 1}, ARRAY[:, :, 5]),
                ({"position": 0.5, "axis": 1}, ARRAY[:, 2]),
                ({"index": 1, "invert": True}, 65535 - ARRAY[:, :, 1]),
                ({"index": 1, "window": 32767.5, "level": 16383.75}, doubled),
                ({"index": 1, "range": [0, 32767.5]}, doubled),
                ({"index": 1, "range": "0:32767.5"}, doubled)):
            np.testing.assert_array_equal(picture(*self.ask(request)), wanted, str(request))
        self.assertEqual(picture(*self.ask({"size": "3x100"})).shape, (2, 3))
        self.assertEqual(picture(*self.ask({"size": [100, 8]})).shape, (8, 10))
        header, _ = self.ask({"colormap": "turbo"})
        self.assertEqual((header["format"], header["meta"]["colormap"]), ("rgb48le", "turbo"))
        header, _ = self.ask({"range": "full"})
        self.assertEqual((header["meta"]["window"], header["meta"]["level"]), (59500, 29750))

    def test_each_request_stands_alone(self):
        frames = self.ask({"index": 1, "axis": 0, "invert": True, "colormap": "hot"}, "1")
        np.testing.assert_array_equal(picture(*frames[1]), ARRAY[:, :, 1])

    def test_meta_says_it_all(self):
        header, _ = self.ask({"index": 4, "size": "10x10"})
        self.assertEqual(header["meta"], {
            "index": 4, "depth": 6, "axis": "2", "spacing": [0.5, 0.5], "step": 1, "unit": "", "values": [0, 59500], "window": 65535, "level": 32767.5,
            "colormap": "gray", "invert": False, "name": "ramp.npy", "voxel_width": 5, "voxel_height": 4})

    def test_other_keys_stay(self):
        sent = {"type": "text/plain", "request": "7", "seq": 5, "time_us": 123, "mine": {"a": [1]}, "meta": {"user": "me", "index": "old"}}
        (header, _), = run(self.path, stdin=frame(sent, b"1"))[0]
        self.assertEqual((header["request"], header["seq"], header["time_us"], header["mine"]), ("7", 5, 123, {"a": [1]}))
        self.assertEqual((header["meta"]["user"], header["meta"]["index"]), ("me", 1))
        self.assertIn("render-slice", header["stages"])

    def test_out_of_range(self):
        for index in (6, -1, 1 << 40):
            self.refused(str(index), f"index {index} is out of range: 0 to 5 along axis 2")
        self.refused({"index": 4, "axis": 0}, "index 4 is out of range: 0 to 3 along axis 0")

    def test_not_understood(self):
        self.refused("abc", "'abc'", "an index from 0 to 5 along axis 2")
        self.refused("", "an index from 0 to 5")
        self.refused("1.5", "'1.5'", "an index from 0 to 5")
        self.refused("[1]", "an index from 0 to 5")
        self.refused("\0\n\xff", "an index from 0 to 5")
        self.refused("99999999999999999999999", "an index from 0 to 5")
        self.refused('{"index":', "no JSON")
        self.refused('{"index":1}x', "no JSON")
        self.refused("{" * 100, "no JSON")
        self.refused('{"a":' * 5000 + "1" + "}" * 5000, "no JSON")
        self.refused({"indx": 1}, "'indx'", "index, position, axis")
        self.refused({"index": "1"}, "index", "whole number")
        self.refused({"index": 1.5}, "index", "whole number")
        self.refused('{"index":1e400}', "index", "whole number")
        self.refused({"index": 1, "position": 0}, "index and position")
        self.refused({"position": 2}, "position", "0 to 1")
        self.refused({"position": -0.1}, "position", "0 to 1")
        self.refused({"axis": 3}, "'3' is no axis", "0, 1, 2")
        self.refused({"axis": "axial"}, "axial", "does not say which way is up")
        self.refused({"axis": None}, "axis", "wanted")
        self.refused({"window": 0}, "window", "over 0")
        self.refused({"window": 1e-300, "level": 1e300}, "beyond")
        self.refused({"level": "x"}, "level", "number")
        self.refused({"range": "best"}, "range", "auto or full")
        self.refused({"range": [5, 1]}, "range", "below")
        self.refused({"range": [5]}, "range", "MIN, MAX")
        self.refused({"range": [1, 2], "window": 3}, "range", "one of them")
        self.refused({"colormap": "jet"}, "'jet'", "viridis, inferno")
        self.refused({"colormap": "../../etc/passwd"}, "no colour map")
        self.refused({"invert": 1}, "invert", "true or false")
        self.refused({"size": "65535x65535"}, "size", "4096")
        self.refused({"size": [4097, 1]}, "size", "4096")
        self.refused({"size": [0, 1]}, "size", "4096")
        self.refused({"describe": "yes"}, "describe", "true or false")
        self.refused("x" * 70000, "over the limit of 65536")

    def test_what_is_no_request_passes(self):
        error = frame({"type": "text/plain", "request": "1", "error": "no"}, b"no")
        data = frame({"type": "application/json"}, b"{}")
        end = frame({"type": "text/plain", "end": True})
        frames, err, status = run(self.path, stdin=error + data + end)
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([(h["type"], p) for h, p in frames], [("text/plain", b"no"), ("application/json", b"{}"), ("text/plain", b"")])

    def test_a_request_that_is_no_text(self):
        (header, _), = run(self.path, stdin=frame({"type": "image/jpeg", "request": "1", "width": 5}, b"..."))[0]
        self.assertIn("text/plain is wanted", header["error"])
        self.assertNotIn("width", header)

    def test_lines_that_are_bad_are_said_and_left_out(self):
        frames, err, status = run(self.path, stdin=b"1\n9\n9\nx\n2\n")
        self.assertEqual(([h["meta"]["index"] for h, _ in frames], status), ([1, 2], 1))
        lines = err.splitlines()
        self.assertEqual(lines[0], "render-slice: index 9 is out of range: 0 to 5 along axis 2; left out")
        self.assertEqual(lines[-1], "render-slice: 3 requests were left out")
        frames, err, status = run(self.path, "--strict", stdin=b"1\n9\n2\n")
        self.assertEqual((len(frames), err, status), (1, "render-slice: index 9 is out of range: 0 to 5 along axis 2\n", 1))

    def test_describe(self):
        header, payload = self.ask({"describe": True})
        self.assertEqual(header["type"], "application/json")
        volume = json.loads(payload)["volume"]
        self.assertEqual({key: volume[key] for key in ("name", "shape", "type", "channels", "values", "axis", "index", "window", "level", "colormap",
                                                       "invert", "depth_bits")},
                         {"name": "ramp.npy", "shape": [4, 5, 6], "type": "uint16", "channels": 1, "values": [0, 59500], "axis": "2", "index": 3,
                          "window": 65535, "level": 32767.5, "colormap": "gray", "invert": False, "depth_bits": 16})
        self.assertEqual([(p["axis"], p["depth"], p["width"], p["height"]) for p in volume["planes"]],
                         [("0", 4, 6, 5), ("1", 5, 6, 4), ("2", 6, 5, 4)])
        self.assertEqual(volume["planes"][2]["frame"], {"index_axis": 2, "x_axis": 1, "x_flipped": False, "y_axis": 0, "y_flipped": False})
        self.assertIn("viridis", volume["colormaps"])
        (alone, text), = run(self.path, "--describe", "--depth", 16, "--range", "0:65535")[0]
        self.assertEqual((alone["type"], alone["seq"], text), ("application/json", 0, payload))


class Announcement(Case):
    def test_only_where_answers_are_wanted(self):
        frames, err, status = run(self.path, stdin=b"1\n", env={"FRAMEPIPE_RESPOND": "1"})
        self.assertEqual((len(frames), err, status), (2, "", 0))
        self.assertEqual((frames[0][0]["type"], frames[0][0]["describes"]), ("application/json", True))
        self.assertNotIn("request", frames[0][0])
        self.assertIn("planes", json.loads(frames[0][1])["volume"])
        for arguments in (["--index", "1"], ["--all"]):
            frames, _, _ = run(self.path, *arguments, env={"FRAMEPIPE_RESPOND": "1"})
            self.assertEqual({header["type"] for header, _ in frames}, {"image/x-raw"})


class All(Case):
    def test_all_in_order(self):
        frames, err, status = run(self.path, "--all", "--stream", "s")
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([h["meta"]["index"] for h, _ in frames], [0, 1, 2, 3, 4, 5])
        self.assertEqual([h["seq"] for h, _ in frames], [0, 1, 2, 3, 4, 5])
        self.assertEqual({h["stream"] for h, _ in frames}, {"s"})
        self.assertTrue(all(h["time_us"] > 0 and not h.get("live") for h, _ in frames))

    def test_again_and_again(self):
        frames, _, _ = run(self.path, "--all", "--loop=2", "--fps", 0)
        self.assertEqual([h["meta"]["index"] for h, _ in frames], [0, 1, 2, 3, 4, 5] * 2)
        frames, _, _ = run(self.path, "--all", "--loop", "--count", 8, "--fps", 0, "--axis", 0)
        self.assertEqual([h["meta"]["index"] for h, _ in frames], [0, 1, 2, 3] * 2)

    def test_the_schedule_is_kept(self):
        frames, _, _ = run(self.path, "--all", "--fps", 50)
        self.assertGreaterEqual(frames[-1][0]["time_us"] - frames[0][0]["time_us"], 90_000)

    def test_an_endless_loop_ends_well_when_told_to(self):
        process = subprocess.Popen([RENDER, self.path, "--all", "--loop", "--fps", "100"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        with process:
            process.stdout.read(1000)
            begin = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            self.assertEqual(process.returncode, 0)


class Usage(Case):
    def refused(self, *arguments, words, status=2, path=None):
        frames, err, code = run(self.path if path is None else path, *arguments)
        self.assertEqual((frames, code), ([], status), err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertIn(words, err)

    def test_wrong_options(self):
        self.refused("--index", 1, path="", words="no volume given")
        self.refused("--index", 6, words="index 6 is out of range: 0 to 5 along axis 2")
        self.refused("--index", -1, words="index -1 is out of range")
        self.refused("--axis", "axial", "--all", words="does not say which way is up")
        self.refused("--axis", "3", "--all", words="'3' is no axis: it is one of 0, 1, 2")
        self.refused("--range", "5:1", "--all", words="MIN below MAX")
        self.refused("--range", "x", "--all", words="auto or full")
        self.refused("--range", "1:2", "--window", 3, "--all", words="one of them")
        self.refused("--window", 0, "--all", words="over 0")
        self.refused("--level", "nan", "--all", words="not a number")
        self.refused("--colormap", "jet", "--all", words="it is one of gray, viridis")
        self.refused("--colormap", "/nowhere/map.txt", "--all", words="cannot open the colour map /nowhere/map.txt")
        self.refused("--size", "5000x5", "--all", words="4096")
        self.refused("--aspect", "wide", "--all", words="true, square")
        self.refused("--depth", "12", "--all", words="8, 16")
        self.refused("--index", 1, "--all", words="one of them at a time")
        self.refused("--fps", 3, words="--fps is for --all")
        self.refused("--loop", "--index", 1, words="--loop is for --all")
        self.refused("--latest", "--all", words="--latest is for requests")
        self.refused("--dtype", "u2", "--all", words="--shape")
        self.refused("--shape", "1,x,3", "--all", words="--shape 1,x,3")
        self.refused("--shape", "4,5,6", "--dtype", "c8", "--all", words="--dtype c8")

    def test_colormaps_that_are_none(self):
        for text, words in (("1 2\n3 4 5\n", "line 1"), ("1 2 3\n1 2 3 4\n", "line 2"), ("1 2 3\n", "fewer than 2"), ("0 0 256\n1 1 1\n", "line 1"),
                            ("0 0 -1\n1 1 1\n", "line 1"), ("", "fewer than 2"), ("nan 1 1\n1 1 1\n", "line 1"), ("1 2 3\n" * 65537, "more than 65536")):
            with open(self.folder.path("map.txt"), "w", encoding="utf-8") as file:
                file.write(text)
            self.refused("--colormap", self.folder.path("map.txt"), "--all", words=words)

    def test_bad_volumes(self):
        self.refused("--all", path=self.folder.path("none.npy"), words="cannot open", status=1)
        self.refused("--all", path=self.folder.save(np.zeros((2, 2)), "flat.npy"), words="a volume has 3", status=1)
        self.refused("--all", path=self.folder.save(np.zeros((2, 2, 2, 2, 2)), "five.npy"), words="a volume has 3", status=1)
        self.refused("--all", path=self.folder.save(np.zeros(4), "line.npy"), words="a volume has 3", status=1)
        self.refused("--all", path=self.folder.save(np.zeros((2, 0, 2)), "empty.npy"), words="empty", status=1)
        with open(self.path, "rb") as whole, open(self.folder.path("cut.npy"), "wb") as cut:
            cut.write(whole.read()[:200])
        self.refused("--all", path=self.folder.path("cut.npy"), words="cut.npy", status=1)
        self.refused("--shape", "400,500,600", "--all", words="", status=1)

    def test_the_reader_may_leave(self):
        process = subprocess.Popen([RENDER, self.path, "--all", "--loop", "--fps", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        process.stdout.read(100)
        process.stdout.close()
        self.assertEqual((process.wait(20), process.stderr.read()), (0, b""))
        process.stderr.close()


if __name__ == "__main__":
    unittest.main()
