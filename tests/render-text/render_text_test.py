"""render_text_test.py BIN: render-text as people use it, from its arguments to its exit status."""
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from framing import frame, frames_of  # noqa: E402

BIN = sys.argv.pop(1)
RENDER = os.path.join(BIN, "render-text")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
DEADLINE = 20


def run(*arguments, stdin=b"", **options):
    """(frames, stderr, status)"""
    done = subprocess.run([RENDER, *arguments], input=stdin, capture_output=True, env=ENVIRONMENT, timeout=60, **options)
    return frames_of(done.stdout), done.stderr.decode(), done.returncode


class Live:
    """A render-text that goes on: its frames one by one, each waited for with a deadline."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([RENDER, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def read(self, size):
        data = b""
        until = time.monotonic() + DEADLINE
        while len(data) < size:
            if not select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError("no frame within %d s" % DEADLINE)
            piece = os.read(self.process.stdout.fileno(), size - len(data))
            if not piece:
                raise AssertionError("ended: " + self.process.stderr.read().decode())
            data += piece
        return data

    def next(self):
        _, head, body = struct.unpack("<4sIQ", self.read(16))
        return json.loads(self.read(head)), self.read(body)

    def stop(self):
        """Exit status and stderr after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        return status, self.process.stderr.read().decode()


class Arguments(unittest.TestCase):
    def test_each_text_is_a_picture(self):
        frames, err, status = run("one", "three", "--stream", "s")
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([(h["seq"], h["type"], h["format"], h["stream"]) for h, _ in frames],
                         [(0, "image/x-raw", "rgba", "s"), (1, "image/x-raw", "rgba", "s")])
        self.assertLess(frames[0][0]["width"], frames[1][0]["width"])
        for header, payload in frames:
            self.assertEqual(len(payload), 4 * header["width"] * header["height"])
            self.assertIn("render-text", header["stages"])
            self.assertNotIn("live", header)

    def test_places_are_filled_in(self):
        size = ("--size", "300x40")
        expected = run("0 300x40 {{", *size)[0][0][1]
        self.assertEqual(run("{seq} {width}x{height} {{", *size)[0][0][1], expected)
        self.assertNotEqual(run("0 300x40", *size)[0][0][1], expected)

    def test_stdin_is_not_read(self):
        read, write = os.pipe()  # never ends
        try:
            done = subprocess.run([RENDER, "x"], stdin=read, capture_output=True, env=ENVIRONMENT, timeout=60)
        finally:
            os.close(read)
            os.close(write)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(frames_of(done.stdout)), 1)

    def test_wrong_usage(self):
        for arguments, words in [
                (["{foo}"], "'{foo}' is no place for text"),
                (["a", "--clock", "%T"], "one of TEXT, --text-file and --clock says what to draw"),
                (["--overlay"], "--overlay wants a text"),
                (["a", "b", "--overlay"], "--overlay draws one text"),
                (["a", "--anchor", "top"], "--anchor is for --overlay"),
                (["a", "--at", "1,2"], "--at is for --overlay"),
                (["a", "--quality", "90"], "--quality is for --overlay"),
                (["a", "--fps", "3"], "--fps is for --clock and --text-file"),
                (["a", "--count", "3"], "--count is for --clock and --text-file"),
                (["a", "--fit"], "--fit is for pictures of a --size"),
                (["a", "--outline-color", "red"], "--outline-color is for an --outline"),
                (["a", "--color", "bleu"], "'bleu' is no colour"),
                (["a", "--align", "up"], "--align up: it is one of center, justify, left, right, start"),
                (["--overlay", "a", "--anchor", "north"], "'north' is no anchor"),
                (["--overlay", "a", "--at", "1"], "--at 1: two numbers are wanted, X,Y"),
                (["--overlay", "a", "--at", "1,x"], "--at: 'x' is not a whole number from -65535 to 65535"),
                (["a", "--shadow=3"], "--shadow=3: wanted is X,Y or X,Y,BLUR or X,Y,BLUR,COLOR"),
                (["a", "--font-size", "0"], "--font-size"),
                (["a", "--size", "0x3"], "0x3")]:
            with self.subTest(arguments):
                frames, err, status = run(*arguments)
                self.assertIn(words, err)
                self.assertEqual(err.count("\n"), 1)
                self.assertEqual((frames, status), ([], 2))

    def test_a_font_that_is_none(self):
        frames, err, status = run("x", "--font", __file__)
        self.assertEqual((frames, status), ([], 1))
        self.assertEqual(err, "render-text: cannot use the font %s: it is no font file\n" % __file__)

    def test_a_text_that_is_too_long(self):
        frames, err, status = run("x" * 20000, "ok")
        self.assertEqual(err, "render-text: cannot draw a text of 20000 bytes: the limit is 16384 (--max-text); left out\n")
        self.assertEqual(([h["seq"] for h, _ in frames], status), ([1], 1))
        self.assertEqual(run("x" * 20000, "--strict")[1:],
                         ("render-text: cannot draw a text of 20000 bytes: the limit is 16384 (--max-text)\n", 1))
        frames, err, status = run("x" * 20000, "--max-text", "20KB", "--size", "300x300", "--font-size", "4")
        self.assertEqual((err, status, len(frames)), ("", 0, 1))


class Lines(unittest.TestCase):
    def test_each_line_is_a_picture(self):
        frames, err, status = run("--size", "300x150", "--font-size", "80", "--color", "blue", stdin="one\nzwei\n日本\n".encode())
        self.assertEqual((err, status, len(frames)), ("", 0, 3))
        for number, (header, payload) in enumerate(frames):
            self.assertEqual((header["seq"], header["width"], header["height"]), (number, 300, 150))
            inked = [payload[i:i + 4] for i in range(0, len(payload), 4) if payload[i + 3]]
            self.assertTrue(all(pixel[:3] == b"\0\0\xff" for pixel in inked))
            self.assertGreater(len(inked), 1000)

    def test_a_picture_comes_as_soon_as_its_line(self):
        process = subprocess.Popen([RENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)
        try:
            process.stdin.write(b"first\n")
            process.stdin.flush()
            self.assertTrue(select.select([process.stdout], [], [], DEADLINE)[0])
        finally:
            process.communicate()

    def test_what_is_typed_is_drawn_as_it_is(self):
        braces = run("--size", "200x40", stdin=b"{seq}\n")[0][0][1]
        self.assertEqual(braces, run("{{seq}", "--size", "200x40")[0][0][1])
        self.assertNotEqual(braces, run("0", "--size", "200x40")[0][0][1])

    def test_bad_lines(self):
        frames, err, status = run(stdin=b"bad \xff\xfe bytes\n\x1b[31mred\n\n" + b"x" * 1000000 + b"\nlast\n")
        self.assertEqual([h["seq"] for h, _ in frames], [0, 1, 2, 4])
        self.assertEqual((frames[2][0]["width"], status), (1, 1))
        self.assertEqual(err, "render-text: cannot draw a text of 1000000 bytes: the limit is 16384 (--max-text); left out\n")

    def test_what_no_font_has_is_said_once(self):
        frames, err, status = run(stdin="\u0378 \u0378\n\u0378\n".encode())
        self.assertEqual((len(frames), status), (2, 0))
        self.assertEqual(err, "render-text: no font has U+0378, which Unicode gives no meaning\n")


class Frames(unittest.TestCase):
    def test_headers_are_kept_and_others_pass(self):
        text = {"type": "text/plain", "request": "r1", "stream": "s", "seq": 9, "time_us": 5, "meta": {"a": [1]}, "mine": "x"}
        picture = {"type": "image/jpeg", "seq": 10}
        frames, err, status = run(stdin=frame(text, b"Hi") + frame(picture, b"\xff\xd8") + frame({"type": "text/plain", "seq": 11, "end": True}))
        self.assertEqual((err, status), ("", 0))
        header = frames[0][0]
        for key in ("request", "stream", "seq", "time_us", "meta", "mine"):
            self.assertEqual(header[key], text[key])
        self.assertEqual(header["type"], "image/x-raw")
        self.assertEqual((frames[1][0]["type"], frames[1][1]), ("image/jpeg", b"\xff\xd8"))
        self.assertTrue(frames[2][0]["end"])

    def test_a_request_is_always_answered(self):
        requests = [({"type": "text/plain", "request": "a"}, b"x" * 20000), ({"type": "application/octet-stream", "request": "b"}, b"\0"),
                    ({"type": "text/plain", "request": "c"}, b"fine")]
        frames, err, status = run(stdin=b"".join(frame(*request) for request in requests))
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([h["request"] for h, _ in frames], ["a", "b", "c"])
        self.assertEqual([h["type"] for h, _ in frames], ["text/plain", "text/plain", "image/x-raw"])
        self.assertIn("the limit is 16384", frames[0][0]["error"])
        self.assertIn("text/plain is wanted", frames[1][0]["error"])
        self.assertEqual(frames[1][1].decode(), frames[1][0]["error"])

    def test_a_request_with_wrong_markup_is_answered(self):
        frames, err, status = run("--markup", stdin=frame({"type": "text/plain", "request": "a"}, b"<b>x"))
        self.assertEqual((err, status), ("", 0))
        self.assertIn("cannot read the markup: ", frames[0][0]["error"])


class LiveTexts(unittest.TestCase):
    def test_the_clock_ticks_on_whole_seconds(self):
        frames, err, status = run("--clock", "%H:%M:%S", "--count", "3")
        self.assertEqual((err, status), ("", 0))
        self.assertEqual([h["time_us"] % 1000000 for h, _ in frames], [0, 0, 0])
        times = [h["time_us"] // 1000000 for h, _ in frames]
        self.assertEqual(times, [times[0] + h["seq"] for h, _ in frames])
        self.assertTrue(all(h["live"] for h, _ in frames))
        for header, payload in frames:
            shown = time.strftime("%H:%M:%S", time.gmtime(header["time_us"] // 1000000))
            self.assertEqual(payload, run(shown)[0][0][1])

    def test_a_clock_that_is_told_to_stop_ends_well(self):
        with Live("--clock", "%T", "--fps", "20") as clock:
            clock.next()
            clock.next()
            self.assertEqual(clock.stop(), (0, ""))

    def test_a_file_is_drawn_again_when_it_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "note")

            def write(name, text):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)

            write("note", "one\n")
            with Live("--text-file", path) as live:
                self.assertEqual(live.next()[1], run("one")[0][0][1])
                write("new", "two {seq} {other}")
                os.rename(os.path.join(folder, "new"), path)
                header, payload = live.next()
                self.assertEqual(payload, run("two 1 {{other}")[0][0][1])
                self.assertEqual((header["seq"], header["live"]), (1, True))
                self.assertEqual(live.stop(), (0, ""))

    def test_a_file_that_is_not_there(self):
        frames, err, status = run("--text-file", "/nonexistent/note")
        self.assertEqual((frames, err, status), ([], "render-text: cannot read /nonexistent/note: no such file or directory\n", 1))

    def test_it_ends_when_its_reader_leaves(self):
        with Live("--clock", "%T") as clock:
            clock.next()
            clock.process.stdout.close()
            self.assertEqual(clock.process.wait(DEADLINE), 0)
            clock.process.stdout = open(os.devnull, "rb")


def flat(width, height, colour, **header):
    return frame({"type": "image/x-raw", "format": "rgb24", "width": width, "height": height, **header}, bytes(colour) * (width * height))


class Overlays(unittest.TestCase):
    def test_it_draws_what_the_frame_says_where_it_is_told(self):
        stream = flat(320, 240, (9, 99, 199), seq=41, meta={"name": "cat"}, mine=1) + flat(320, 240, (9, 99, 199), seq=42, meta={})
        frames, err, status = run("--overlay", "{seq} {meta.name}", "--anchor", "bottom-left", "--color", "white", stdin=stream)
        self.assertEqual((err, status, len(frames)), ("", 0, 2))
        self.assertEqual((frames[0][0]["mine"], frames[0][0]["format"], frames[0][0]["meta"]), (1, "rgb24", {"name": "cat"}))
        widths = []
        for _, payload in frames:
            changed = [i // 3 for i in range(0, len(payload), 3) if payload[i:i + 3] != bytes((9, 99, 199))]
            self.assertGreater(min(changed) // 320, 180)
            widths.append(max(i % 320 for i in changed))
        self.assertGreater(widths[0], widths[1] + 30)

    def test_an_encoded_picture_stays_its_type(self):
        for kind in ("jpeg", "png", "webp"):
            picture = subprocess.run([os.path.join(BIN, "encode"), kind], input=flat(160, 120, (200, 100, 50), seq=3), capture_output=True, check=True).stdout
            frames, err, status = run("--overlay", "x", "--box", stdin=picture)
            self.assertEqual((err, status), ("", 0))
            header, payload = frames[0]
            self.assertEqual((header["type"], header["width"], header["seq"]), ("image/" + kind, 160, 3))
            self.assertNotEqual(payload, frames_of(picture)[0][1])

    def test_pictures_come_bare_and_what_is_none_passes(self):
        text = frame({"type": "text/plain"}, b"hello")
        frames, err, status = run("--overlay", "x", stdin=text + flat(20, 20, (0, 0, 0), end=False))
        self.assertEqual((err, status), ("", 0))
        self.assertEqual((frames[0][0]["type"], frames[0][1]), ("text/plain", b"hello"))

    def test_a_bad_picture_is_left_out_and_a_request_answered(self):
        bad = frame({"type": "image/jpeg"}, b"\xff\xd8 no more") + frame({"type": "image/jpeg", "request": "q"}, b"\xff\xd8 no more")
        frames, err, status = run("--overlay", "x", stdin=bad + flat(20, 20, (0, 0, 0)))
        self.assertEqual((len(frames), status), (2, 1))
        self.assertEqual(frames[0][0]["request"], "q")
        self.assertTrue(frames[0][0]["error"])
        self.assertRegex(err, r"^render-text: .*JPEG.*; left out\n$")

    def test_the_text_of_a_file_and_of_the_clock(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "note")
            with open(path, "w", encoding="utf-8") as file:
                file.write("{width}\n")
            stream = flat(80, 60, (0, 0, 0))
            wanted = run("--overlay", "80", "--color", "red", stdin=stream)[0][0][1]
            self.assertEqual(run("--overlay", "--text-file", path, "--color", "red", stdin=stream)[0][0][1], wanted)
            self.assertEqual(run("--overlay", "--clock", "80", "--color", "red", stdin=stream)[0][0][1], wanted)
            self.assertEqual(run("--color", "red", "80", "--overlay", stdin=stream)[0][0][1], wanted)
        self.assertIn("cannot read /nonexistent", run("--overlay", "--text-file", "/nonexistent", stdin=b"")[1])


if __name__ == "__main__":
    unittest.main()
