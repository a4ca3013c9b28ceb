"""Files that change, come, and were recorded: files_test.py BIN."""
import os
import shutil
import signal
import struct
import tempfile
import time
import unittest
import zlib

from running import Capture
from harness import frame, main


def png(number):
    """A whole PNG of one pixel that no other number has."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = b"\0" + struct.pack(">I", number)[1:]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(pixel)) + chunk(b"IEND", b"")


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="files_test.")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def replace(self, name, data):
        self.write(name + ".new", data)
        os.rename(self.path(name + ".new"), self.path(name))

    def age(self, name):
        """Makes a file one that nobody has written for long."""
        os.utime(self.path(name), (time.time() - 100,) * 2)

    def capture(self, *arguments, **options):
        return Capture(*arguments, folder=self.folder, **options)

    def stopped(self, end, status=0, lines=()):
        end.process.send_signal(signal.SIGTERM)
        self.assertEqual(end.end(), (status, ["capture: " + line for line in lines]))


class Watch(Test):
    def test_each_time_that_it_is_written_or_replaced(self):
        self.write("a.png", png(0))
        with self.capture("--watch", "a.png") as end:
            header, payload = end.frame()
            self.assertEqual((payload, header["meta"], header["live"], header["seq"]), (png(0), {"file": "a.png"}, True, 0))
            self.assertIn("time_us", header)
            for number in range(1, 6):
                (self.write if number % 2 else self.replace)("a.png", png(number))
                self.assertEqual(end.frame()[1], png(number))
            os.remove(self.path("a.png"))
            self.write("a.png", png(9))
            self.assertEqual(end.frame()[1], png(9))
            self.stopped(end)

    def test_never_a_half_written_one(self):
        with self.capture("--watch", "a.png") as end:
            end.said("waiting for a.png")
            for number in range(20):
                data = png(number)
                with open(self.path("a.png"), "wb") as file:
                    for at in range(0, len(data), 10):
                        file.write(data[at:at + 10])
                        file.flush()
                self.assertEqual(end.frame()[1], data)
            self.stopped(end, lines=["waiting for a.png"])

    def test_one_that_is_bad_is_said_once_until_it_is_good(self):
        self.write("a.png", png(1)[:-5])
        self.age("a.png")
        with self.capture("--watch", "a.png") as end:
            end.said("left out until it is good")
            self.write("a.tmp", png(1)[:-6])
            self.age("a.tmp")
            os.rename(self.path("a.tmp"), self.path("a.png"))
            self.replace("a.png", png(2))
            self.assertEqual(end.frame()[1], png(2))
            end.process.terminate()
            status, lines = end.end()
            self.assertEqual((status, len(lines)), (0, 2))
            self.assertEqual(lines[1], "capture: a.png is good again")

    def test_in_a_folder_that_is_not_there_yet(self):
        with self.capture("--watch", "out/a.png", "-n", "1") as end:
            end.said("waiting for out/a.png")
            os.mkdir(self.path("out"))
            self.replace("out/a.png", png(1))
            self.assertEqual(end.frame()[1], png(1))
            self.assertEqual(end.end()[0], 0)

    def test_several_files(self):
        self.write("a.png", png(1))
        self.write("b.png", png(2))
        with self.capture("--watch", "a.png", "b.png", "--stream", "both") as end:
            for name, number in (("a.png", 1), ("b.png", 2)):
                header, payload = end.frame()
                self.assertEqual((header["meta"]["file"], header["stream"], payload), (name, "both", png(number)))
            self.replace("b.png", png(3))
            self.assertEqual((end.frame()[1]), png(3))
            self.replace("a.png", png(4))
            self.assertEqual(end.frame()[0]["meta"]["file"], "a.png")
            self.stopped(end)

    def test_through_a_link(self):
        os.mkdir(self.path("data"))
        self.write("data/now.png", png(1))
        os.symlink("data/now.png", self.path("a.png"))
        with self.capture("--watch", "a.png") as end:
            self.assertEqual(end.frame()[1], png(1))
            self.replace("data/now.png", png(2))
            self.assertEqual(end.frame()[1], png(2))
            self.write("data/other.png", png(3))
            os.symlink("data/other.png", self.path("new"))
            os.rename(self.path("new"), self.path("a.png"))
            self.assertEqual(end.frame()[1], png(3))
            self.stopped(end)

    def test_the_newest_wins(self):
        self.write("a.png", png(0))
        with self.capture("--watch", "a.png", "-v") as end:
            for number in range(1, 50):
                self.replace("a.png", png(number))
            while end.frame()[1] != png(49):
                pass
            end.process.terminate()
            self.assertEqual(end.end()[0], 0)


class Follow(Test):
    def test_what_is_there_then_what_comes(self):
        for number in (10, 2, 1):
            self.write("chart%d.png" % number, png(number))
        self.write("other.png", png(99))
        with self.capture("--follow", "chart%d.png") as end:
            for number in (1, 2, 10):
                header, payload = end.frame()
                self.assertEqual((payload, header["meta"]["file"]), (png(number), "chart%d.png" % number))
                self.assertNotIn("live", header)
            half = open(self.path("chart11.png"), "wb")
            half.write(png(11)[:20])
            half.flush()
            self.replace("chart12.png", png(12))
            self.assertEqual(end.frame()[1], png(12))
            half.write(png(11)[20:])
            half.close()
            self.assertEqual(end.frame()[1], png(11))
            self.write("chart12.png", png(13))
            self.assertEqual(end.frame()[1], png(13))
            self.write("chart012.png", png(14))
            self.write("chart13.txt", b"no")
            self.write("chart14.png", png(14))
            self.assertEqual((end.frame()[0]["meta"]["file"]), "chart14.png")
            self.stopped(end)

    def test_nothing_is_dropped_however_slow_the_reader(self):
        os.mkdir(self.path("out"))
        with self.capture("--follow", "out", "-n", "3000") as end:
            end.said("waiting for out")
            for number in range(3000):
                self.replace("out/%d.png" % number, png(number))
            for number in range(3000):
                header, payload = end.frame()
                self.assertEqual((header["seq"], payload), (number, png(number)))
            self.assertEqual(end.end()[0], 0)

    def test_globs_and_folders_to_come(self):
        with self.capture("--follow", "out/*.png", "-n", "2") as end:
            end.said("waiting for out/*.png")
            os.mkdir(self.path("out"))
            self.write("out/a.jpg", png(1))
            self.write("out/.hidden.png", png(2))
            self.write("out/b.png", png(3))
            self.assertEqual(end.frame()[0]["meta"]["file"], "out/b.png")
            self.replace("out/a.png", png(4))
            self.assertEqual(end.frame()[0]["meta"]["file"], "out/a.png")
            self.assertEqual(end.end()[0], 0)

    def test_a_bad_one_is_left_out_and_said(self):
        self.write("1.png", png(1)[:-3])
        self.write("2.png", png(2))
        self.age("1.png")
        with self.capture("--follow", ".") as end:
            self.assertEqual(end.frame()[1], png(2))
            self.stopped(end, status=1, lines=["./1.png: the PNG is cut short; left out until it is good"])

    def test_the_reader_leaves(self):
        with self.capture("--follow", ".") as end:
            end.process.stdout.close()
            self.assertEqual(end.end(), (0, ["capture: waiting for ."]))

    def test_a_pace_for_those_that_are_there(self):
        for number in range(5):
            self.write("%d.png" % number, png(number))
        with self.capture("--follow", ".", "--fps", "50") as end:
            times = [end.frame()[0]["time_us"] for _ in range(5)]
            self.assertGreaterEqual(times[-1] - times[0], 4 * 20_000 - 1000)
            self.stopped(end)


def recorded(*times, **header):
    """A recording of frames of these times."""
    return b"".join(frame(png(n), "image/png", time_us=time, seq=n + 7, live=True, stages={"capture": time}, meta={"n": n}, **header)
                    for n, time in enumerate(times))


class Replay(Test):
    START = 1_700_000_000_000_000

    def frames(self, end, count):
        return [end.frame() for _ in range(count)]

    def test_with_its_own_timing_and_new_stamps(self):
        times = [self.START + at for at in (0, 50_000, 60_000, 200_000)]
        self.write("take.frames", recorded(*times, other="stays"))
        with self.capture("take.frames") as end:
            frames = self.frames(end, 4)
            self.assertEqual(end.end(), (0, []))
        now = [header["time_us"] for header, _ in frames]
        self.assertLess(abs(now[-1] - time.time() * 1e6), 60e6)
        for n, (header, payload) in enumerate(frames):
            self.assertEqual(payload, png(n))
            self.assertEqual((header["seq"], header["other"], header["meta"]), (n, "stays", {"n": n, "recorded_us": times[n]}))
            self.assertNotIn("live", header)
            self.assertGreaterEqual(header["stages"]["capture"], header["time_us"])
        self.assertGreaterEqual(now[-1] - now[0], 195_000)

    def test_faster_slower_paced_and_again(self):
        hour = 3_600_000_000
        self.write("take.frames", recorded(self.START, self.START + hour, self.START + 2 * hour))
        for options in (["--speed", "1000", "-n", "1"], ["--fps", "100"], ["--fps", "0"]):
            with self.capture("take.frames", *options) as end:
                self.assertEqual(end.frame()[0]["seq"], 0)
                self.assertEqual(end.end(), (0, []))
        self.write("take.frames", recorded(self.START, self.START + 20_000))
        with self.capture("take.frames", "--speed", "0.5", "--loop=2") as end:
            now = [header["time_us"] for header, _ in self.frames(end, 4)]
            self.assertEqual(end.end(), (0, []))
        self.assertGreaterEqual(now[-1] - now[0], 118_000)

    def test_without_time_by_position(self):
        self.write("take.frames", b"".join(frame(png(n), "image/png", pts_us=n * 40_000) for n in range(3)))
        with self.capture("take.frames") as end:
            frames = self.frames(end, 3)
        self.assertGreaterEqual(frames[-1][0]["time_us"] - frames[0][0]["time_us"], 78_000)
        self.assertEqual((frames[1][0]["pts_us"], frames[1][0].get("meta")), (40_000, None))

    def test_cut_off_in_mid_frame(self):
        whole = recorded(self.START, self.START + 1000, self.START + 2000)
        self.write("take.frames", whole[:-10])
        with self.capture("take.frames") as end:
            self.assertEqual([payload for _, payload in self.frames(end, 2)], [png(0), png(1)])
            status, lines = end.end()
        self.assertEqual((status, len(lines)), (1, 1))
        self.assertRegex(lines[0], r"^capture: frame 2 on take.frames: input ended inside the frame, after \d+ of \d+ bytes; played up to there$")

    def test_what_tee_recorded(self):
        with self.capture("test:", "-s", "8x8", "-n", "5", "--fps", "50") as end:
            before = [end.frame() for _ in range(5)]
        with open(self.path("take.fpf"), "wb") as file:
            for header, payload in before:
                file.write(frame(payload, **header))
        with self.capture("take.fpf") as end:
            after = [end.frame() for _ in range(5)]
        self.assertEqual([payload for _, payload in after], [payload for _, payload in before])
        self.assertEqual([header["meta"]["recorded_us"] for header, _ in after], [header["time_us"] for header, _ in before])


class Usage(Test):
    def test_wrong_words(self):
        def refused(*arguments, words):
            with self.capture(*arguments) as end:
                self.assertEqual(end.end(), (2, ["capture: " + words]))

        self.write("a.png", png(1))
        os.mkdir(self.path("out"))
        refused("test:", "--watch", words="--watch is for files only")
        refused("0", "--follow", words="--follow is for directories, patterns and globs only")
        refused("a.png", "--watch", "--loop", words="--loop cannot be used with --watch")
        refused("out", "--follow", "--strict", words="--strict cannot be used with --follow")
        refused("a.png", "--watch", "--fps", "3", words="--fps cannot be used with --watch")
        refused("out", "--watch", words="--watch is for files; a directory: capture --follow out")
        refused("a.png", "--follow", words="--follow is for a directory, a pattern or a glob; one file: capture --watch a.png")
        refused("out", "out", "--follow", words="--follow takes one directory, pattern or glob; a glob must be quoted")
        refused("run%d/a.png", "--follow", words="--follow run%d/a.png: the number must be in the file's name, not in its folder's")
        refused("*/a.png", "--follow", words="--follow */a.png: the glob must be in the file's name, not in its folder's")
        refused("test:", "--speed", "2", words="--speed is for recordings and videos only")
        refused("a.png", "--speed", "2", "--fps", "3", words="--speed cannot be used with --fps")
        refused("a.png", "--speed", "0", words="--speed: '0' is no speed; see capture --help")
        refused("a.png", "--speed", "0.0", words="--speed: '0.0' is no speed; see capture --help")
        refused("a.png", "--speed", "-1", words="--speed: '-1' is not a number from 0 to 1000; see capture --help")
        refused("a.png", "--watch", "--speed", "2", words="--speed cannot be used with --watch")
        with self.capture("--watch", "--follow", "a.png") as end:
            self.assertEqual(end.end()[0], 2)


if __name__ == "__main__":
    main()
