"""encode_test.py BIN: the command encode, as a shell would run it."""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from framing import frame, frames_of  # noqa: E402

BIN = os.path.abspath(sys.argv.pop(1))
ENCODE = os.path.join(BIN, "encode")
DEADLINE = 60
PIXEL_FORMATS = ["rgb24", "bgr24", "rgba", "bgra", "gray", "gray16le", "rgb48le", "rgba64le", "yuyv422", "yuv420p", "yuv422p", "yuv444p", "nv12"]


def pixels(value, seq=None, width=3, height=5, **more):
    header = {"type": "image/x-raw", "format": "rgb24", "width": width, "height": height, **more}
    if seq is not None:
        header["seq"] = seq
    return frame(header, bytes(value) * (width * height))


def bomb(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


class Encode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def encode(self, *arguments, stdin=b"", status=0, err=""):
        done = subprocess.run([ENCODE, *arguments], input=stdin, capture_output=True, cwd=self.folder, timeout=DEADLINE)
        self.assertEqual(done.returncode, status, done.stderr)
        if err is not None:
            self.assertRegex(done.stderr.decode(), r"\A%s\Z" % err)
        return done.stdout

    def files(self):
        return sorted(os.listdir(self.folder))

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def test_every_type_to_every_type(self):
        types = ["jpeg", "png", "webp"] + PIXEL_FORMATS
        source = pixels((200, 90, 30)) + pixels((200, 90, 30), width=1, height=1)
        for first in types:
            made = self.encode(first, stdin=source)
            for second in types:
                with self.subTest(first=first, second=second):
                    headers = [header for header, _ in frames_of(self.encode(second, stdin=made))]
                    self.assertEqual([(h["width"], h["height"]) for h in headers], [(3, 5), (1, 1)])
                    for header in headers:
                        self.assertEqual(header["type"], "image/" + second if second not in PIXEL_FORMATS else "image/x-raw")
                        self.assertEqual(header.get("format"), second if second in PIXEL_FORMATS else None)
                        self.assertEqual("range" in header, second in PIXEL_FORMATS[8:])
                        self.assertIn("encode", header["stages"])

    def test_png_and_pixels_keep_every_byte(self):
        payload = bytes(range(120))
        deep = frame({"type": "image/x-raw", "format": "rgba64le", "width": 3, "height": 5}, payload)
        self.assertEqual(frames_of(self.encode("rgba64le", stdin=self.encode("png", stdin=deep)))[0][1], payload)

    def test_a_picture_of_the_type_passes_untouched_unless_a_change_is_asked_for(self):
        for kind, option in (("jpeg", ["-q", "30"]), ("png", ["--compression", "0"]), ("webp", ["--lossless"])):
            made = self.encode(kind, stdin=pixels((1, 2, 3), 7, 32, 32))
            again = self.encode(kind, stdin=made)
            self.assertEqual(frames_of(again)[0][1], frames_of(made)[0][1])
            self.assertEqual(frames_of(again)[0][0]["seq"], 7)
            changed = self.encode(kind, *option, stdin=made)
            self.assertNotEqual(frames_of(changed)[0][1], frames_of(made)[0][1])

    def test_order_is_kept_with_many_workers(self):
        count = 60
        source = b"".join(pixels((i, i, i), i, 30 + 40 * (i % 5), 50) for i in range(count))
        out = frames_of(self.encode("png", "-j", "4", stdin=source))
        self.assertEqual([header["seq"] for header, _ in out], list(range(count)))
        self.assertEqual(out, [(dict(a, stages=b["stages"]), p) for (a, p), (b, _) in zip(frames_of(self.encode("png", "-j", "1", stdin=source)), out)])

    def test_what_is_no_picture_passes_in_its_place(self):
        text = {"type": "text/plain", "request": "a", "error": "no"}
        source = frame(text, b"hi") + pixels((1, 2, 3)) + frame({"type": "image/avif"}, b"?") + frame({"type": "image/jpeg", "end": True})
        out = frames_of(self.encode("--stream", "left", stdin=source))
        self.assertEqual([header["type"] for header, _ in out], ["text/plain", "image/jpeg", "image/avif", "image/jpeg"])
        self.assertEqual({header["stream"] for header, _ in out}, {"left"})
        self.assertEqual((out[0][1], out[2][1], out[0][0]["request"]), (b"hi", b"?", "a"))

    def test_bad_pictures_are_said_counted_and_left_out(self):
        bad = frame({"type": "image/png"}, b"no picture")
        source = pixels((1, 2, 3), 0) + bad + bad + pixels((4, 5, 6), 3)
        out = self.encode("jpeg", stdin=source, status=1,
                          err=r"encode: frame 1: cannot decode the picture: it is no JPEG, PNG or WebP; left out\n"
                              r"encode: 2 of 4 pictures were left out\n")
        self.assertEqual([header["seq"] for header, _ in frames_of(out)], [0, 3])
        self.encode("jpeg", "--strict", stdin=source, status=1, err=r"encode: frame 1: cannot decode the picture: [^\n]*\n")

    def test_a_cut_jpeg_is_bad(self):
        jpeg = frames_of(self.encode("jpeg", stdin=pixels((9, 9, 9), 0, 64, 64)))[0][1]
        source = frame({"type": "image/jpeg"}, jpeg) + frame({"type": "image/jpeg"}, jpeg[:-20])
        out = self.encode("gray", stdin=source, status=1, err=r"encode: frame 1: cannot decode JPEG: premature end of [^\n]*; left out\n")
        self.assertEqual(len(frames_of(out)), 1)

    def test_a_bomb_is_refused_at_once(self):
        self.encode("jpeg", stdin=bomb(100000, 100000), status=1, err=r"encode: frame 0: cannot decode PNG: 100000x100000 is over the limit [^\n]*\n")

    def test_files_are_numbered_and_nothing_goes_to_stdout(self):
        source = pixels((1, 2, 3)) * 3 + frame({"type": "text/plain"}, b"hi")
        self.assertEqual(self.encode("-o", "out-%03d.png", "--start-number", "9", stdin=source), b"")
        self.assertEqual(self.files(), ["out-009.png", "out-010.png", "out-011.png"])
        self.assertEqual(frames_of(self.encode("rgb24", stdin=self.read("out-009.png")))[0][1], bytes((1, 2, 3)) * 15)

    def test_the_ending_tells_the_format(self):
        for name, start in (("a.jpg", b"\xff\xd8"), ("a.webp", b"RIFF"), ("a", b"\xff\xd8"), ("a.png", b"\x89PNG")):
            self.encode("-o", name, stdin=pixels((1, 2, 3)))
            self.assertTrue(self.read(name).startswith(start), name)
        self.encode("-o", "a.tif", status=2, err=r"encode: cannot tell a format from 'a.tif': [^\n]*\n")
        self.encode("png", "-o", "b.tif", stdin=pixels((1, 2, 3)))
        self.assertTrue(self.read("b.tif").startswith(b"\x89PNG"))

    def test_bare_pictures_go_to_stdout(self):
        out = self.encode("gray", "-o", "-", stdin=pixels((7, 7, 7)) * 2 + frame({"type": "text/plain"}, b"hi"))
        self.assertEqual(out, b"\x07" * 30)

    def test_outputs_that_cannot_be_written(self):
        one = pixels((1, 2, 3))
        self.encode("-o", "no/such.png", stdin=one, status=1, err=r"encode: cannot write 'no/such.png': no such file or directory\n")
        self.encode("png", "-o", "/dev/full", stdin=one, status=1, err=r"encode: cannot write '/dev/full': no space left on device\n")
        self.encode("png", "-o", ".", stdin=one, status=1, err=r"encode: cannot write '.': is a directory\n")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([ENCODE], input=one, stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Aencode: [^\n]*no space left on device\n\Z")
        self.assertEqual(self.files(), [])

    def test_wrong_usage(self):
        for arguments, err in ((["tiff"], "'tiff' is no format; known are jpeg, png, webp, rgb24[^\n]*"),
                               (["-q", "0"], "[^\n]*"), (["-j", "0"], "[^\n]*"), (["--matte", "ultraviolet"], "'ultraviolet' is no colour[^\n]*"),
                               (["--subsampling", "411"], "'411' is no subsampling: 420, 422, 444 or gray"),
                               (["png", "-q", "80"], "--quality is for jpeg and webp"), (["jpeg", "--lossless"], "--lossless is for webp"),
                               (["rgba", "--subsampling", "420"], "--subsampling is for jpeg"), (["webp", "--compression", "1"], "--compression is for png"),
                               (["-o", "a%s.png"], "cannot take 'a%s.png' as a file name: [^\n]*"),
                               (["--start-number", "3"], "--start-number is for --output with files")):
            with self.subTest(arguments=arguments):
                self.encode(*arguments, status=2, err="encode: %s\n" % err)

    def test_alpha_blends_over_the_matte(self):
        clear = frame({"type": "image/x-raw", "format": "rgba", "width": 8, "height": 8}, bytes(256))
        for arguments, wanted in (([], (255, 255, 255)), (["--matte", "#204060"], (32, 64, 96)), (["--matte", "red"], (255, 0, 0))):
            out = frames_of(self.encode("rgb24", *arguments, stdin=clear))[0][1]
            self.assertEqual(out, bytes(wanted) * 64)
            jpeg = self.encode("jpeg", "-q", "100", *arguments, stdin=clear)
            decoded = frames_of(self.encode("rgb24", stdin=jpeg))[0][1]
            self.assertTrue(all(abs(a - b) <= 2 for a, b in zip(decoded, bytes(wanted) * 64)))

    def test_interrupted_it_leaves_no_half_file_and_ends_by_the_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen([ENCODE, "-o", "%d.png"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
            big = pixels((1, 2, 3), None, 400, 400)
            until = time.monotonic() + DEADLINE
            # Written to without end, so that the signal comes while files are being written.
            while not self.files():
                process.stdin.write(big)
                process.stdin.flush()
                self.assertLess(time.monotonic(), until)
            process.send_signal(number)
            try:
                while time.monotonic() < until:
                    process.stdin.write(big)
                    process.stdin.flush()
            except BrokenPipeError:
                pass
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass
            self.assertEqual(process.wait(DEADLINE), -number)
            self.assertEqual(process.stderr.read(), b"")
            process.stderr.close()
            self.assertEqual([name for name in self.files() if not re.fullmatch(r"\d+\.png", name)], [])
            for name in self.files():
                self.assertTrue(self.read(name).endswith(b"IEND\xaeB`\x82"), name)
                os.unlink(os.path.join(self.folder, name))

    def test_the_reader_leaving_is_no_failure(self):
        process = subprocess.Popen([ENCODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        try:
            for _ in range(1000):
                process.stdin.write(pixels((1, 2, 3), None, 100, 100))
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass

    def test_a_lone_frame_comes_out_before_the_next_goes_in(self):
        process = subprocess.Popen([ENCODE, "-j", "4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for i in range(3):
            process.stdin.write(pixels((1, 2, 3), i))
            process.stdin.flush()
            head = process.stdout.read(16)
            _, size, payload = struct.unpack("<4sIQ", head)
            header = json.loads(process.stdout.read(size))
            process.stdout.read(payload)
            self.assertEqual(header["seq"], i)
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE), 0)
        process.stdout.close()

    def test_ffmpeg_in_and_out(self):
        video = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=63x35:rate=10", "-frames:v", "5", "-pix_fmt", "yuv420p",
                                "-f", "yuv4mpegpipe", "-"], stdout=subprocess.PIPE, check=True, timeout=DEADLINE).stdout
        self.encode("webp", "-o", "out-%05d.webp", stdin=video)
        self.assertEqual(self.files(), ["out-%05d.webp" % i for i in range(1, 6)])
        jpegs = self.encode("jpeg", "-q", "95", "-o", "-", stdin=video)
        raw = subprocess.run(["ffmpeg", "-v", "error", "-f", "mjpeg", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"], input=jpegs,
                             stdout=subprocess.PIPE, check=True, timeout=DEADLINE).stdout
        own = b"".join(payload for _, payload in frames_of(self.encode("gray", stdin=video)))
        self.assertEqual(len(raw), 5 * 63 * 35)
        self.assertLess(sum(abs(a - b) for a, b in zip(raw, own)) / len(own), 3)


unittest.main(verbosity=0)
