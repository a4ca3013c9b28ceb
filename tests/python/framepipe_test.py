"""framepipe_test.py BIN: examples/framepipe.py and the filters beside it, against golden frames and between our commands."""
import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy

BIN = sys.argv.pop(1)
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(SOURCE, "examples")
sys.path[:0] = [EXAMPLES, os.path.join(SOURCE, "tests")]
import framepipe  # noqa: E402
from framing import frame  # noqa: E402


def golden(name):
    with open(os.path.join(SOURCE, "tests", "frame", "golden", name), "rb") as file:
        return file.read()


def read(stream, **options):
    return list(framepipe.read(io.BytesIO(stream), **options))


def written(header, picture):
    """(header as text, payload) of the one frame that write() makes."""
    out = io.BytesIO()
    framepipe.write(header, picture, out)
    stream = out.getvalue()
    header_size, payload_size = struct.unpack("<IQ", stream[4:16])
    assert stream[:4] == b"FPF1" and len(stream) == 16 + header_size + payload_size
    return stream[16:16 + header_size].decode().rstrip(" "), stream[16 + header_size:]


def raw(name, width, height, payload, **more):
    return frame({"type": "image/x-raw", "format": name, "width": width, "height": height, **more}, payload)


def pipe(*commands, stdin=b""):
    """The last command's output; all must succeed."""
    environment = {**os.environ, "PATH": BIN + os.pathsep + os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    line = " | ".join(commands).replace("python3", sys.executable)
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], input=stdin, capture_output=True, cwd=EXAMPLES, env=environment, timeout=60)
    if done.returncode != 0 or done.stderr:
        raise AssertionError("%s: status %d: %s" % (line, done.returncode, done.stderr.decode()))
    return done.stdout


class Reading(unittest.TestCase):
    def test_golden_frames(self):
        (header, picture), = read(golden("rgb.frame"))
        self.assertEqual(picture.shape, (1, 2, 3))
        self.assertEqual(picture[0, 0, 0], 255)
        self.assertEqual((header["seq"], header["live"]), (7, True))
        (header, text), = read(golden("text.frame"))
        self.assertEqual((header["stream"], text.decode()), ("caf\u00e9", "gr\u00fc\u00dfe"))

    def test_each_pixel_format_has_its_shape(self):
        shapes = {"rgb24": (3, 5, 3), "bgr24": (3, 5, 3), "rgba": (3, 5, 4), "bgra": (3, 5, 4), "gray": (3, 5), "gray16le": (3, 5), "rgb48le": (3, 5, 3),
                  "rgba64le": (3, 5, 4), "yuyv422": (3, 6, 2), "yuv444p": (3, 3, 5), "yuv420p": (27,), "yuv422p": (33,), "nv12": (27,)}
        for name, shape in shapes.items():
            size = int(numpy.prod(shape)) * (2 if "16" in name or "48" in name or "64" in name else 1)
            payload = bytes(index % 251 for index in range(size))
            (header, picture), = read(raw(name, 5, 3, payload))
            self.assertEqual(picture.shape, shape, name)
            self.assertEqual(written(header, picture)[1], payload, name)
            picture[...] = 7  # may be written to
            with self.assertRaisesRegex(framepipe.FormatError, "pixels do not fit"):
                read(raw(name, 5, 3, payload[:-1]))

    def test_sixteen_bits_are_little_endian(self):
        (_, picture), = read(raw("gray16le", 1, 1, b"\x34\x12"))
        self.assertEqual(picture[0, 0], 0x1234)

    def test_planes_are_views(self):
        for name, shapes in {"yuv420p": [(3, 5), (2, 3), (2, 3)], "yuv422p": [(3, 5), (3, 3), (3, 3)], "yuv444p": [(3, 5)] * 3,
                             "nv12": [(3, 5), (2, 3, 2)]}.items():
            size = sum(int(numpy.prod(shape)) for shape in shapes)
            (header, picture), = read(raw(name, 5, 3, bytes(size)))
            parts = framepipe.planes(header, picture)
            self.assertEqual([part.shape for part in parts], shapes)
            for part in parts:
                part[...] = 9
            self.assertTrue((picture == 9).all(), name)

    def test_broken_streams(self):
        whole = frame({"type": "text/plain"}, b"hello")
        for size in range(1, len(whole)):
            with self.assertRaisesRegex(framepipe.FormatError, "frame 1: input ended inside the frame"):
                read(whole + whole[:size])
        for stream, words in [(b"P6 1 1 255\nabc and more", "not a frame"), (frame(b"[]"), "no JSON object"), (frame(b"{}"), "no type"),
                              (frame(b'{"type":}'), "no JSON object"), (frame(b'{"type":"a/b","x":"\xff"}'), "no JSON object"),
                              (b"FPF1\2\0\0\0" + b"\xff" * 8 + b"{}", "over the limit"), (b"FPF1\xff\xff\xff\xff" + bytes(8), "over the limit")]:
            with self.assertRaisesRegex(framepipe.FormatError, words):
                read(stream)
        with self.assertRaisesRegex(framepipe.FormatError, "over the limit"):
            read(whole, max_frame=4)


class Writing(unittest.TestCase):
    KEPT = b'{ "type" : "a/b", "big":1e400, "long":123456789012345678901234567890,"half":0.50,"name":"\\u00e9\\/", "meta":{"a": [1 ,2]}}'

    def test_a_header_that_was_not_changed_keeps_its_text(self):
        for text in (self.KEPT, golden("unknown.frame")[16:16 + 0x84].rstrip(b" ")):
            (header, payload), = read(frame(text, b"x"))
            self.assertEqual(written(header, payload)[0], text.decode())

    def test_members_that_were_not_changed_keep_their_text(self):
        (header, payload), = read(frame(self.KEPT))
        header["seq"] = 3
        header["half"] = 0.25
        self.assertEqual(written(header, payload)[0], '{"type":"a/b","big":1e400,"long":123456789012345678901234567890,"half":0.25,'
                                                      '"name":"\\u00e9\\/","meta":{"a": [1 ,2]},"seq":3}')

    def test_a_change_inside_a_member_is_written(self):
        (header, payload), = read(frame(self.KEPT))
        header["meta"]["a"].append(3)
        self.assertEqual(json.loads(written(header, payload)[0])["meta"], {"a": [1, 2, 3]})

    def test_an_array_describes_itself(self):
        for array, name in [(numpy.zeros((3, 5), "u1"), "gray"), (numpy.zeros((3, 5, 3), "u1"), "rgb24"), (numpy.zeros((3, 5, 4), "u1"), "rgba"),
                            (numpy.zeros((3, 5), "u2"), "gray16le"), (numpy.zeros((3, 5, 3), ">u2"), "rgb48le"),
                            (numpy.zeros((3, 5, 4), "u2"), "rgba64le")]:
            text, payload = written({}, array)
            header = json.loads(text)
            self.assertEqual((header["type"], header["format"], header["width"], header["height"]), ("image/x-raw", name, 5, 3))
            self.assertEqual(len(payload), array.nbytes)
        self.assertEqual(written({}, numpy.array([[0x1234]], ">u2"))[1], b"\x34\x12")

    def test_a_format_stays_where_the_array_fits_it(self):
        (header, picture), = read(raw("bgr24", 4, 2, bytes(24)))
        text, _ = written(header, picture[:, ::2])
        self.assertEqual([json.loads(text)[key] for key in ("format", "width", "height")], ["bgr24", 2, 2])

    def test_yuv_that_became_gray_loses_its_range(self):
        (header, picture), = read(raw("yuv420p", 4, 2, bytes(12), range="full", matrix="bt709"))
        text, _ = written(header, framepipe.planes(header, picture)[0])
        self.assertEqual(json.loads(text), {"type": "image/x-raw", "format": "gray", "width": 4, "height": 2})

    def test_an_array_without_a_format_is_refused(self):
        for array in (numpy.zeros((3, 5)), numpy.zeros((3, 5, 2), "u1"), numpy.zeros(5, "u1"), numpy.zeros((0, 5), "u1")):
            with self.assertRaisesRegex(framepipe.FormatError, "no pixel format has"):
                written({}, array)

    def test_numbers_that_are_no_json_are_refused(self):
        with self.assertRaises(ValueError):
            written({"type": "a/b", "meta": {"x": float("nan")}}, b"")

    def test_frames_made_here_are_counted_and_stamped(self):
        first, second = (json.loads(written({"stream": "counted"}, "text")[0]) for _ in range(2))
        self.assertEqual((first["type"], first["seq"], second["seq"]), ("text/plain", 0, 1))
        self.assertGreater(first["time_us"], 1_600_000_000_000_000)

    def test_the_reader_leaving_is_no_failure(self):
        ends = os.pipe()
        os.close(ends[0])
        with contextlib.closing(os.fdopen(ends[1], "wb")) as stream, self.assertRaises(SystemExit) as end:
            framepipe.write({}, numpy.zeros((9, 9), "u1"), stream)
        self.assertEqual(end.exception.code, 0)

    def test_a_live_frame_waits_until_the_one_before_is_read(self):
        read_end, write_end = os.pipe()
        with os.fdopen(write_end, "wb") as stream:
            framepipe.write({"live": True}, "one", stream)
            child = os.fork()
            if child == 0:  # reads the first frame; the second can be written only then
                try:
                    first = os.read(read_end, 65536)
                    second = os.read(read_end, 65536)
                    os._exit(0 if first.endswith(b"one") and second.endswith(b"two") else 1)
                finally:
                    os._exit(2)
            framepipe.write({"live": True}, "two", stream)
        os.close(read_end)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


class Filters(unittest.TestCase):
    def test_invert_between_our_commands(self):
        stream = raw("rgb24", 2, 1, b"\x00\x01\x02\xfd\xfe\xff", seq=0) + raw("rgba", 1, 1, b"abcd", seq=1) + frame(Writing.KEPT, b"text")
        got = read(pipe("frames --pass", "python3 invert.py", "frames --pass", stdin=stream))
        self.assertEqual([payload.tobytes() if hasattr(payload, "tobytes") else payload for _, payload in got],
                         [b"\xff\xfe\xfd\x02\x01\x00", b"abcd", b"text"])
        self.assertIn('"big":1e400', got[2][0].text())

    def test_mirror_between_our_commands(self):
        stream = raw("rgb24", 2, 1, b"abcdef", seq=0) + raw("yuyv422", 2, 1, b"YUYV", seq=1) + frame({"type": "text/plain"}, b"text")
        got = read(pipe("frames --pass", "python3 mirror.py", "frames --pass", stdin=stream))
        self.assertEqual([picture if isinstance(picture, bytes) else picture.tobytes() for _, picture in got], [b"defabc", b"YUYV", b"text"])

    def test_live_pictures_go_through_both(self):
        lines = pipe("capture test: --size 32x24 --fps 100 --count 5", "python3 invert.py", "python3 mirror.py", "frames").decode().splitlines()
        self.assertEqual([(json.loads(line)["bytes"], json.loads(line)["live"]) for line in lines], [(32 * 24 * 3, True)] * len(lines))
        self.assertGreaterEqual(len(lines), 1)


class Phantom(unittest.TestCase):
    def test_a_volume_that_numpy_reads(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "v.npy")
            subprocess.run([sys.executable, os.path.join(EXAMPLES, "phantom.py"), path, "12"], check=True)
            volume = numpy.load(path)
        self.assertEqual((volume.shape, volume.dtype), ((12, 12, 12), numpy.uint16))
        self.assertGreater(volume[6, 6, 6], volume[0, 0, 0])

    def test_without_a_file_name_it_says_what_it_takes(self):
        for words in ([], ["--help"], ["v.npy", "large"]):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([sys.executable, os.path.join(EXAMPLES, "phantom.py"), *words], cwd=folder, stderr=subprocess.PIPE)
                self.assertEqual(os.listdir(folder), [])
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"phantom.py FILE [SIZE]", done.stderr)


if __name__ == "__main__":
    unittest.main()
