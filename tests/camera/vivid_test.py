"""The kernel's own simulated camera, vivid: errors of the device. Run in the guest, see run-test."""
import subprocess
import unittest

from guest import Stage

DEVICE = "/dev/video0"


def control(name):
    subprocess.run(["v4l2-ctl", "-d", DEVICE, "-c", name], check=True, stdout=subprocess.DEVNULL)


class Errors(unittest.TestCase):
    def test_an_error_in_mid_stream_is_said_once_and_survived(self):
        with Stage("capture", DEVICE, "-s", "320x180") as capture:
            capture.frames(3)
            control("inject_fatal_streaming_error=1")
            capture.says("waiting until it is back")
            capture.says("/dev/video0 is back")
            header, payload = capture.frames(5)[-1]
            self.assertEqual((header["format"], header["width"], header["height"]), ("yuyv422", 320, 180))
            self.assertEqual(len(payload), 320 * 180 * 2)
            self.assertEqual(capture.words().count("waiting until it is back"), 1, capture.words())
            self.assertEqual(capture.stop()[0], 0)

    def test_the_device_disappears_and_ends_it_without_retry(self):
        with Stage("capture", DEVICE, "-s", "320x180", "--no-retry") as capture:
            capture.frames(3)
            control("disconnect=1")
            while capture.frame():
                pass
            self.assertEqual(capture.status(), 1)
            self.assertIn("/dev/video0 failed: ", capture.words())

    def test_no_mjpeg(self):
        with Stage("capture", DEVICE, "--camera-format", "mjpeg") as capture:
            self.assertEqual(capture.status(), 1)
            self.assertIn("/dev/video0 gives no MJPEG; try --camera-format raw", capture.words())


if __name__ == "__main__":
    unittest.main(argv=["vivid_test"], verbosity=2)
