"""package_test.py BUILD VERSION: the package that cpack makes of this build, looked into, checked by lintian, and run from where it
is unpacked, without being installed."""
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, VERSION = os.path.abspath(sys.argv[1]), sys.argv[2]
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = sorted(name for name in os.listdir(os.path.join(SOURCE, "cmd")) if os.path.exists(os.path.join(SOURCE, "cmd", name, name + ".cpp")))
PAGES = sorted(name for name in os.listdir(os.path.join(SOURCE, "man")) if re.fullmatch(r"[\w-]+\.\d", name))

# A 2x2 BMP: a format that only the module with OpenCV reads.
BMP = (b"BM" + (70).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (2).to_bytes(4, "little") * 2 +
       (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(4) + (16).to_bytes(4, "little") + bytes(16) + bytes(range(16)))


def output(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, **options)
    if done.returncode != 0:
        raise AssertionError("%s: status %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="framepipe-package-")
        cls.addClassCleanup(folder.cleanup)
        # Small is for who downloads it; this one is only looked into.
        output("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder.name, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip",
               cwd=folder.name)
        (cls.deb,) = glob.glob(os.path.join(folder.name, "*.deb"))
        cls.root = os.path.join(folder.name, "root")
        output("dpkg-deb", "--extract", cls.deb, cls.root)
        cls.environment = {**os.environ, "PATH": os.path.join(cls.root, "usr/bin") + ":/usr/bin:/bin"}

    def field(self, name):
        return output("dpkg-deb", "--field", self.deb, name).strip()

    def at(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def test_its_name_says_what_it_is(self):
        version = self.field("Version")
        self.assertTrue(version.startswith(VERSION + "-"), version)
        self.assertEqual(os.path.basename(self.deb), "framepipe_%s_%s.deb" % (version, self.field("Architecture")))
        with gzip.open(self.at("usr/share/doc/framepipe/changelog.Debian.gz"), "rt") as file:
            self.assertTrue(file.readline().startswith("framepipe (%s) " % version), ".debian/changelog is of another version")

    def test_programs_depend_and_modules_recommend(self):
        def packages(field):
            return {entry.split()[0].removesuffix("t64") for entry in self.field(field).split(",")}

        depends, recommends = packages("Depends"), packages("Recommends")
        for wanted in "libc6", "libstdc++6", "libpangoft2-1.0-0", "libssl3":
            self.assertIn(wanted, depends)
        self.assertFalse([name for name in depends if re.match("libopencv|libgdcm", name)])
        self.assertTrue([name for name in recommends if name.startswith("libopencv-videoio")])
        self.assertTrue([name for name in recommends if name.startswith("fonts-")])
        if os.path.exists(os.path.join(BUILD, "lib/framepipe/gdcm.so")):
            self.assertTrue([name for name in recommends if name.startswith("libgdcm")])

    def test_everything_is_in_its_place(self):
        wanted = ["usr/share/man/man%s/%s.gz" % (name[-1], name) for name in PAGES]
        for name in PROGRAMS:
            wanted += ["usr/bin/" + name, "usr/share/bash-completion/completions/" + name, "usr/share/zsh/vendor-completions/_" + name,
                       "usr/share/fish/vendor_completions.d/%s.fish" % name]
        wanted += ["usr/share/doc/framepipe/" + name for name in ("copyright", "changelog.gz", "changelog.Debian.gz", "examples/framepipe.py")]
        wanted += ["usr/lib/systemd/system/framepipe@.service", "usr/lib/systemd/system/framepipe@.socket", "etc/framepipe/door.conf"]
        self.assertEqual([path for path in wanted if not os.path.isfile(self.at(path))], [])
        self.assertEqual(sorted(os.listdir(self.at("usr/bin"))), PROGRAMS)
        # An example that another file of the checkout is needed for would not run here.
        for path in glob.glob(self.at("usr/share/doc/framepipe/examples/**"), recursive=True):
            if os.path.isfile(path):
                with open(path, encoding="utf-8") as file:
                    self.assertNotIn("tests/install", file.read(), path)

    def test_owners_and_modes(self):
        for line in output("dpkg-deb", "--contents", self.deb).splitlines():
            mode, owner = line.split()[:2]
            self.assertEqual((owner, mode[0] == "l" or mode[5] + mode[8]), ("root/root", "--"), line)

    def test_its_programs_run(self):
        with open(os.path.join(self.root, "two.bmp"), "wb") as file:
            file.write(BMP)
        # bash: without pipefail a program that is not there would look like one with nothing to say.
        shown = output("bash", "-c", "set -o pipefail; capture two.bmp | encode png | frames", cwd=self.root,
                       env=self.environment)
        self.assertEqual({json.loads(line)["type"] for line in shown.splitlines()}, {"image/png"})
        for name in PROGRAMS:
            self.assertEqual(output(name, "--version", env=self.environment), "%s (framepipe) %s\n" % (name, VERSION))

    def test_its_manual_is_readable(self):
        for path in glob.glob(self.at("usr/share/man/man*/*")):
            with gzip.open(path, "rt") as file:
                self.assertIn(".Sh DESCRIPTION\n", file.read(), path)

    def test_scripts_of_the_package_are_shell(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--control", self.deb, folder)
            for name in "postinst", "prerm", "postrm":
                output("sh", "-n", os.path.join(folder, name))
            # Where no systemd runs they do nothing, successfully.
            if not os.path.isdir("/run/systemd/system"):
                self.assertEqual(output(os.path.join(folder, "postinst"), "configure", ""), "")
                self.assertEqual(output(os.path.join(folder, "prerm"), "remove"), "")

    def test_lintian_finds_nothing(self):
        self.assertEqual(output("lintian", "--fail-on", "error,warning", "--allow-root", self.deb), "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
