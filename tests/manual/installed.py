"""Installed somewhere else, everything is where Debian expects it, and the programs find what they load."""
import glob
import os
import subprocess
import tempfile

import manual

# A 2x2 BMP: a format that only the module with OpenCV reads.
BMP = (b"BM" + (70).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (2).to_bytes(4, "little") * 2 +
       (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(4) + (16).to_bytes(4, "little") + bytes(16) + bytes(range(16)))

problems = []
build = os.path.dirname(manual.BIN)
with tempfile.TemporaryDirectory(prefix="framepipe-installed-") as prefix:
    done = subprocess.run(["cmake", "--install", build, "--prefix", prefix], capture_output=True, text=True)
    if done.returncode != 0:
        manual.finish(["cmake --install: " + done.stderr.strip()])
    wanted = ["share/man/man%s/%s" % (name[-1], name) for name in manual.pages()]
    for command in manual.commands():
        wanted += ["bin/" + command, "share/bash-completion/completions/" + command, "share/zsh/site-functions/_" + command,
                   "share/fish/vendor_completions.d/%s.fish" % command]
    problems += ["not installed: " + path for path in wanted if not os.path.isfile(os.path.join(prefix, path))]
    programs = os.path.join(prefix, "bin")
    with open(os.path.join(prefix, "two.bmp"), "wb") as file:
        file.write(BMP)
    done = subprocess.run("capture two.bmp | frames", shell=True, cwd=prefix, capture_output=True, text=True,
                          env={**os.environ, "PATH": programs + ":/usr/bin:/bin"}, timeout=60)
    if done.returncode != 0 or '"width":2' not in done.stdout:
        problems.append("capture two.bmp | frames: %s%s" % (done.stdout, done.stderr))
    if not glob.glob(os.path.join(prefix, "lib", "**", "framepipe", "*.so"), recursive=True):
        problems.append("not installed: the module with OpenCV")
with tempfile.TemporaryDirectory(prefix="framepipe-installed-") as root:
    subprocess.run(["cmake", "--install", build, "--prefix", "/usr"], capture_output=True, check=True, env={**os.environ, "DESTDIR": root})
    if not os.path.isfile(os.path.join(root, "usr/share/zsh/vendor-completions/_capture")):
        problems.append("a package for Debian lacks share/zsh/vendor-completions")
manual.finish(problems)
