"""framepipe@.service and .socket, installed by their package, under systemd itself, with a USB camera: run in the guest, see run-test
and tests/camera/run-test."""
import glob
import os
import shutil
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "camera"))
import guest  # noqa: E402
from guest import UsbCamera, wait_until  # noqa: E402

UNITS = "/etc/systemd/system"
SETTINGS = "/etc/framepipe"
# Booting all of a Debian for each unit would take minutes here.
QUICK = "[Unit]\nDefaultDependencies=no\n"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * guest.DEADLINE)


def state(unit, name):
    return run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()


def snapshot(port=8080):
    try:
        with urllib.request.urlopen("http://localhost:%d/snapshot.jpg" % port, timeout=guest.DEADLINE) as answer:
            return answer.read()
    except OSError:  # nobody there, or no picture yet
        return None


def settings(name, **values):
    with open(os.path.join(SETTINGS, name + ".conf"), "w", encoding="utf-8") as file:
        file.writelines("%s=%s\n" % value for value in values.items())


def install():
    """The package, but not what others do about it: man-db would read all pages again."""
    (package,) = glob.glob(os.path.join(guest.BUILD, "tests", "service-package", "*.deb"))
    done = run("dpkg", "--no-triggers", "--force-unsafe-io", "--install", package)
    assert done.returncode == 0, done.stderr


def setUpModule():
    for unit in "framepipe@.service", "framepipe@.socket":
        os.mkdir(os.path.join(UNITS, unit + ".d"))
        with open(os.path.join(UNITS, unit + ".d", "quick.conf"), "w", encoding="utf-8") as file:
            file.write(QUICK)
    started = run("systemctl", "start", "systemd-journald.service")
    assert started.returncode == 0, started.stderr
    install()


class Camera(unittest.TestCase):
    def test_the_settings_as_they_come_show_the_camera(self):
        pictures = guest.jpegs(os.path.join(guest.DATA, "pictures.mjpg"))
        with UsbCamera():
            # As the rules of udev, which is not here, have it.
            shutil.chown("/dev/video0", group="video")
            os.chmod("/dev/video0", 0o660)
            started = run("systemctl", "start", "framepipe@door")
            self.assertEqual(started.returncode, 0, started.stderr + run("journalctl", "-u", "framepipe@door").stdout)
            # It is told when it serves, not when it was started.
            self.assertIn("http://localhost:8080/", state("framepipe@door", "StatusText"))
            wait_until(lambda: snapshot() is not None, "a picture")
            self.assertIn(snapshot(), pictures)
            server = int(state("framepipe@door", "MainPID"))
            with open("/proc/%d/comm" % server, encoding="utf-8") as file:
                self.assertEqual(file.read(), "wsserve\n")
            self.assertGreater(os.stat("/proc/%d" % server).st_uid, 1000)
            # What kills it does not keep it down.
            run("systemctl", "kill", "--signal=KILL", "framepipe@door")
            wait_until(lambda: state("framepipe@door", "NRestarts") == "1" and state("framepipe@door", "ActiveState") == "active", "its return")
            wait_until(lambda: snapshot() is not None, "a picture after its return")
            self.assertEqual(run("systemctl", "stop", "framepipe@door").returncode, 0)
            self.assertEqual(state("framepipe@door", "Result"), "success")
            self.assertIsNone(snapshot())


class Unit(unittest.TestCase):
    def test_other_devices_and_files_are_shut(self):
        look = "for file in /dev/kmsg /root /home /etc/shadow; do ls $file/. >/dev/null 2>&1 || head -c 1 $file >/dev/null 2>&1 || echo shut $file; done"
        settings("look", PIPELINE="{ %s; : > /etc/mine; } >&2; capture test: --size 64x48" % look, WSSERVE_OPTIONS="--listen localhost:8081")
        self.assertEqual(run("systemctl", "start", "framepipe@look").returncode, 0)
        wait_until(lambda: snapshot(8081), "a picture")
        said = run("journalctl", "-o", "cat", "-u", "framepipe@look").stdout
        for path in "/dev/kmsg", "/root", "/etc/shadow":
            self.assertIn("shut %s\n" % path, said)
        self.assertFalse(os.path.exists("/etc/mine"))
        run("systemctl", "stop", "framepipe@look")

    def test_without_settings_it_says_so_and_rests(self):
        self.assertNotEqual(run("systemctl", "start", "framepipe@nothing").returncode, 0)
        wait_until(lambda: state("framepipe@nothing", "ActiveState") == "failed", "failure")
        self.assertEqual((state("framepipe@nothing", "ExecMainStatus"), state("framepipe@nothing", "NRestarts")), ("78", "0"))
        said = run("systemctl", "status", "--no-pager", "framepipe@nothing").stdout
        self.assertIn("framepipe@nothing[%s]: /etc/framepipe/nothing.conf is missing or sets no PIPELINE" % state("framepipe@nothing", "ExecMainPID"), said)

    def test_the_first_request_starts_it(self):
        settings("garden", PIPELINE="capture test: --size 64x48 | encode jpeg")
        self.assertEqual(run("systemctl", "start", "framepipe@garden.socket").returncode, 0)
        self.assertEqual(state("framepipe@garden", "ActiveState"), "inactive")
        path = "/run/framepipe/garden.sock"
        self.assertEqual((oct(os.stat(path).st_mode & 0o777), shutil._get_gid("www-data")), ("0o660", os.stat(path).st_gid))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(guest.DEADLINE)
            client.connect(path)
            client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            self.assertTrue(client.makefile("rb").readline().startswith(b"HTTP/1."))
        wait_until(lambda: state("framepipe@garden", "ActiveState") == "active", "the service")
        self.assertIsNone(snapshot())  # no other address than that
        run("systemctl", "stop", "framepipe@garden.socket", "framepipe@garden")


class UpgradeAndPurge(unittest.TestCase):
    """The last of these classes: nothing is installed after it."""

    def test_an_upgrade_starts_the_new_program_and_a_purge_leaves_nothing(self):
        settings("hall", PIPELINE="capture test: --size 64x48", WSSERVE_OPTIONS="--listen localhost:8082")
        self.assertEqual(run("systemctl", "enable", "--now", "framepipe@hall", "framepipe@garden.socket").returncode, 0)
        wait_until(lambda: snapshot(8082), "a picture")
        before = state("framepipe@hall", "MainPID")
        install()
        self.assertEqual(state("framepipe@hall", "ActiveState"), "active")
        self.assertNotIn(state("framepipe@hall", "MainPID"), ("0", before))
        wait_until(lambda: snapshot(8082), "a picture of the new program")

        files = [path for path in run("dpkg", "--listfiles", "framepipe").stdout.splitlines() if not os.path.isdir(path)]
        self.assertIn("/usr/bin/wsserve", files)
        made = [os.path.join(UNITS, "multi-user.target.wants/framepipe@hall.service"), os.path.join(UNITS, "sockets.target.wants/framepipe@garden.socket"),
                "/var/cache/framepipe", "/var/cache/private/framepipe", SETTINGS]
        self.assertEqual([path for path in made if not os.path.lexists(path)], [])
        purged = run("dpkg", "--no-triggers", "--purge", "framepipe")
        self.assertEqual(purged.returncode, 0, purged.stderr)
        self.assertEqual([path for path in files + made if os.path.lexists(path)], [])
        self.assertEqual(run("systemctl", "list-units", "--all", "--plain", "--no-legend", "framepipe@*").stdout, "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
