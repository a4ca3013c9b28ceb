"""frames_test.py BIN: the command `frames`, whole."""
import json
import os
import pty
import re
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from framing import frame, frames_of  # noqa: E402

BIN = sys.argv.pop(1)
FRAMES = os.path.join(BIN, "frames")
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "pipe", "data")


def raw(width, height, seq, **more):
    """A frame of rgb24 pixels, each picture another one."""
    row = bytes((seq * 31 + index) % 256 for index in range(width * 3))
    header = {"type": "image/x-raw", "format": "rgb24", "width": width, "height": height, "seq": seq, **more}
    return frame(header, row * height)


def data(name):
    with open(os.path.join(DATA, name), "rb") as file:
        return file.read()


def run(*options, stdin):
    """(status, stdout, stderr as lines); both ends are pipes."""
    done = subprocess.run([FRAMES, *options], input=stdin, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode().splitlines()


class Probe(unittest.TestCase):
    def lines(self, stdin, *options):
        status, out, err = run(*options, stdin=stdin)
        self.assertEqual((status, err), (0, []))
        return out.decode().splitlines()

    def test_a_line_is_the_header_as_it_came_and_the_size(self):
        header = b'{"x": 1e400,"type":"text/plain","seq":3,  "long":123456789012345678901}   '
        self.assertEqual(self.lines(frame(header, b"hello")), ['{"x":1e400,"type":"text/plain","seq":3,"long":123456789012345678901,"bytes":5}'])

    def test_a_member_called_bytes_shows_the_size_in_its_place(self):
        self.assertEqual(self.lines(frame(b'{"type":"a/b","bytes":"many","z":1}', b"ab")), ['{"type":"a/b","bytes":2,"z":1}'])

    def test_a_header_of_several_lines_becomes_one(self):
        line, = self.lines(frame(b'{\n "type": "a/b",\r\n "meta": {\n  "a": [1,\n 2]\n }\n}\n'))
        self.assertEqual(json.loads(line), {"type": "a/b", "meta": {"a": [1, 2]}, "bytes": 0})

    def test_pictures_of_other_programs_are_described(self):
        lines = [json.loads(line) for line in self.lines(data("a.png") + data("a.jpg") + data("a.webp"))]
        self.assertEqual([line["type"] for line in lines], ["image/png", "image/jpeg", "image/webp"])
        self.assertEqual([line["bytes"] for line in lines], [len(data(name)) for name in ("a.png", "a.jpg", "a.webp")])
        self.assertTrue(all(line["width"] > 0 and line["height"] > 0 for line in lines))

    def test_count_ends_early(self):
        self.assertEqual(len(self.lines(raw(2, 2, 0) * 5 + b"garbage", "--count", "3")), 3)

    def test_each_line_comes_as_soon_as_its_frame(self):
        with subprocess.Popen([FRAMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for seq in range(3):
                process.stdin.write(raw(2, 2, seq))
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline())["seq"], seq)
            process.stdin.close()


class Bad(unittest.TestCase):
    CASES = [
        (raw(2, 2, 0)[:-1].replace(struct.pack("<Q", 12), struct.pack("<Q", 11)), r"the payload has 11\b"),
        (frame({"type": "image/x-raw", "format": "rgb25", "width": 1, "height": 1}, b"abc"), r"rgb25"),
        (frame({"type": "image/x-raw", "format": "gray"}, b"a"), r"not the size of a picture"),
        (frame({"type": "image/png"}, b"\xff\xd8\xff\xd9"), r"the header says image/png, the payload is "),
        (frame({"type": "image/jpeg"}, b"hello"), r'the header says image/jpeg, the payload is text: "hello"'),
        (frame({"type": "image/jpeg"}, b"\xff\xd8\xff\xd9"), r"a broken picture: no size can be found in its image/jpeg"),
        (frame({"type": "a/b", "end": True}, b"x"), r"the end of a stream with a payload of 1 bytes"),
    ]

    def test_what_is_not_as_its_header_says_is_told_and_fails_in_the_end(self):
        good = frame({"type": "text/plain"}, b"hi")
        for bad, words in self.CASES:
            status, out, err = run(stdin=good + bad + good)
            self.assertEqual(status, 1)
            self.assertEqual(len(out.splitlines()), 3)
            self.assertRegex(err[0], r"^frames: frame 1 on stdin: .*" + words)
            self.assertEqual(err[1:], ["frames: 1 of 3 frames are not what their headers say"])
            status, out, err = run("--pass", stdin=good + bad + good)
            self.assertEqual((status, len(frames_of(out))), (1, 2))
            self.assertEqual(err[1:], ["frames: 1 of 3 frames are not what their headers say; left out"])

    def test_a_size_that_is_not_the_pictures(self):
        status, _, err = run(stdin=frame({"type": "image/png", "width": 9999}, data("a.png")))
        self.assertEqual(status, 1)
        self.assertRegex(err[0], r"the header says width 9999, the picture has \d+$")

    def test_the_same_reason_is_said_once(self):
        bad = self.CASES[1][0]
        status, _, err = run(stdin=bad * 5)
        self.assertEqual((status, len(err)), (1, 2))
        self.assertEqual(err[1], "frames: 5 of 5 frames are not what their headers say")

    def test_quiet_only_fails(self):
        status, _, err = run("--quiet", stdin=self.CASES[1][0])
        self.assertEqual((status, err), (1, []))

    def test_pass_and_bare_exclude_each_other(self):
        status, out, err = run("--pass", "--bare", stdin=b"")
        self.assertEqual((status, out, len(err)), (2, b"", 1))


class Pass(unittest.TestCase):
    LARGE = (400, 300)  # spliced: 360,000 bytes

    def check(self, stream, *options):
        status, out, err = run("--pass", *options, stdin=stream)
        self.assertEqual((status, err), (0, []))
        return frames_of(out)

    def test_frames_keep_their_headers_and_payloads(self):
        frames = [raw(*self.LARGE, 0), raw(*self.LARGE, 1, x=[1.50]), raw(3, 3, 2), frame({"type": "text/plain", "seq": 3}, b"text"),
                  raw(*self.LARGE, 4, live=True), raw(*self.LARGE, 5), frame({"type": "a/b", "seq": 6}, b"z" * 500_000), raw(700, 300, 7)]
        for start in range(len(frames)):
            stream = b"".join(frames[start:])
            want, got = frames_of(stream), self.check(stream)
            self.assertEqual([payload for _, payload in got], [payload for _, payload in want])
            for (header, _), (before, _) in zip(got, want):
                self.assertGreater(header["stages"].pop("frames"), 1_600_000_000_000_000)
                self.assertEqual(header, {**before, "stages": {}})

    def test_payloads_begin_at_multiples_of_64(self):
        _, out, _ = run("--pass", stdin=raw(*self.LARGE, 0))
        self.assertEqual((16 + struct.unpack("<I", out[4:8])[0]) % 64, 0)

    def test_pixels_through_files_are_the_same(self):
        stream = raw(*self.LARGE, 0) + raw(*self.LARGE, 1)
        with open(os.path.join(os.environ["TMPDIR"], "in.frames"), "w+b") as source, open(os.path.join(os.environ["TMPDIR"], "out"), "w+b") as target:
            source.write(stream)
            source.seek(0)
            subprocess.run([FRAMES, "--pass"], stdin=source, stdout=target, check=True, timeout=60)
            target.seek(0)
            self.assertEqual([payload for _, payload in frames_of(target.read())], [payload for _, payload in frames_of(stream)])

    def test_other_streams_become_frames(self):
        before = len(data("a.jpg"))
        got = self.check(data("a.jpg") + data("a.png"))
        self.assertEqual([header["type"] for header, _ in got], ["image/jpeg", "image/png"])
        self.assertEqual([header["seq"] for header, _ in got], [0, 1])
        self.assertTrue(all(header["time_us"] > 1_600_000_000_000_000 for header, _ in got))
        self.assertEqual(len(got[0][1]), before)

    def test_stream_renames(self):
        got = self.check(raw(*self.LARGE, 0) + raw(2, 2, 1, stream="old"), "--stream", "new")
        self.assertEqual([header["stream"] for header, _ in got], ["new", "new"])

    def test_count_ends_early(self):
        for size in (self.LARGE, (2, 2)):
            self.assertEqual(len(self.check(raw(*size, 0) * 5, "-n", "2")), 2)

    def test_a_cut_stream_is_said_with_the_number_of_the_frame(self):
        large, small = raw(*self.LARGE, 0), raw(2, 2, 0)
        for stream, number in [(large + large[:-1], 1), (large + large[:7], 1), (large + small + small[:-1], 2), (large + large + b"oops, text here", 2)]:
            status, out, err = run("--pass", stdin=stream)
            self.assertEqual((status, len(err)), (1, 1))
            self.assertRegex(err[0], r"^frames: frame %d on stdin: (input ended inside the frame, after \d+ of |not a frame but text: \"oops)" % number)

    def test_large_pixels_of_another_size_are_left_out(self):
        bad = frame({"type": "image/x-raw", "format": "gray", "width": 1000, "height": 1000}, bytes(999_999))
        status, out, err = run("--pass", stdin=raw(*self.LARGE, 0) + bad + raw(*self.LARGE, 1))
        self.assertEqual((status, [header["seq"] for header, _ in frames_of(out)]), (1, [0, 1]))
        self.assertRegex(err[0], r"^frames: frame 1 on stdin: .*the payload has 999999\b")

    def test_a_payload_over_the_limit(self):
        status, _, err = run("--pass", "--max-frame", "300000", stdin=raw(*self.LARGE, 0))
        self.assertEqual((status, err), (1, ["frames: frame 0 on stdin: payload of 360000 bytes is over the limit of 300000 (--max-frame)"]))

    def test_text_is_refused_without_waiting_for_more(self):
        with subprocess.Popen([FRAMES, "--pass"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdin.write(b"Hello")
            process.stdin.flush()
            self.assertIn(b'text: "Hello"', process.stderr.readline())

    def test_the_reader_leaving_ends_it_well(self):
        for size in (self.LARGE, (2, 2)):
            with subprocess.Popen([FRAMES, "--pass"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdout.close()
                try:
                    process.stdin.write(raw(*size, 0) * 100)
                    process.stdin.close()
                except BrokenPipeError:
                    pass
                self.assertEqual((process.stderr.read(), process.wait(60)), (b"", 0))

    def test_verbose_says_rates_and_drops(self):
        stream = raw(2, 2, 0) + raw(2, 2, 5) + raw(2, 2, 0, stream="b") + raw(2, 2, 2, stream="b") + frame({"type": "a/b"})
        _, _, err = run("--pass", "-v", stdin=stream)
        self.assertRegex(err[-1], r"^frames: 5 frames, 48 B in \d+\.\d s: [\d.]+ frames/s, [\d.]+ .?B/s; 5 drops$")

    def test_a_terminal_sees_the_rates(self):
        main, terminal = pty.openpty()
        with subprocess.Popen([FRAMES, "--pass"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=terminal) as process:
            os.close(terminal)
            shown = b""
            seq = 0
            while b"drops" not in shown:  # it is drawn a few times a second, as frames come
                for _ in range(100):
                    process.stdin.write(raw(2, 2, seq))
                    seq += 1
                process.stdin.flush()
                os.set_blocking(main, False)
                try:
                    shown += os.read(main, 65536)
                except BlockingIOError:
                    pass
            process.stdin.close()
        os.close(main)
        self.assertRegex(shown.decode(), r"\r[\d.]+ frames/s  [\d.]+ .?B/s  \d+ frames  [\d.]+ .?B  0 drops")

    def test_a_terminal_sees_that_a_stream_stands_still(self):
        main, terminal = pty.openpty()
        with subprocess.Popen([FRAMES, "--pass"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=terminal) as process:
            os.close(terminal)
            process.stdin.write(raw(2, 2, 0))
            process.stdin.flush()
            shown = b""
            while b"\r0.0 frames/s  0 B/s  1 frames" not in shown:  # a test that hangs is ended by ctest
                shown += os.read(main, 65536)
            process.stdin.close()
        os.close(main)


class Bare(unittest.TestCase):
    def test_payloads_stand_alone(self):
        pictures = data("a.jpg") + data("a.png")
        _, stream, _ = run("--pass", stdin=pictures)
        self.assertEqual(run("--bare", stdin=stream), (0, pictures, []))


class Terminal(unittest.TestCase):
    def test_frames_do_not_go_to_a_terminal(self):
        for option, words in (("--pass", "frames --pass | wsserve"), ("--bare", "frames --bare > FILE")):
            main, terminal = pty.openpty()
            done = subprocess.run([FRAMES, option], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE, text=True, timeout=60)
            os.close(terminal)
            os.close(main)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"^frames: stdout is a terminal.*" + re.escape(words))


if __name__ == "__main__":
    import tempfile
    with tempfile.TemporaryDirectory(prefix="framepipe-frames-") as folder:
        os.environ["TMPDIR"] = folder
        unittest.main()
