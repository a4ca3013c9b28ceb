"""The EXAMPLES of the manual, and the README's: every one parses, and those that can are run.

They run in a folder with recorded input: pictures, a video and a recording under the names that the
examples use. A camera becomes the test pattern, an endless source ends after some pictures, and
wsserve takes a free port and ends with its input.
"""
import gzip
import os
import re
import signal
import struct
import subprocess
import tempfile

import manual

COMMANDS = manual.commands()
PICTURES = 3

# Programs that an example may run here besides ours. Others (a Raspberry Pi's camera, ssh, curl at a
# server that would have to be there) are parsed only.
KNOWN = {"echo", "ffmpeg", "tee", "cat", "head", "printf", "python3"}


def runnable(line, stages):
    if re.search(r"\w+://|<\(|\$\(|\bwsserve\b.*\b(tls|token)|--listen\s+\S*[a-z0-9.-]+\.[a-z0-9]", line):
        return False
    return all(words[0] in COMMANDS or words[0] in KNOWN for words in stages)


def recorded(line):
    """The line, with input that is here and an end that comes."""
    line = re.sub(r"/dev/video\d+", "test:", line)
    line = re.sub(r"\bcapture 0\b", "capture test:", line)
    line = re.sub(r"\bcapture\b(?=[^|]*(?:test:|--loop\b(?!=)|--watch|--follow))", "capture --count %d" % PICTURES, line)
    line = re.sub(r"--count \d+(?=[^|]*--watch)", "--count 1", line)  # nobody writes it again
    line = re.sub(r" (-l|--listen)[ =]\S+", "", line)
    line = line.replace(" --on-demand", "")  # nobody watches
    line = re.sub(r"^wsserve\b(?=.*--(respond|publish|hub|source))", "echo | wsserve", line)  # these have no end of their own
    return re.sub(r"\bwsserve\b", "wsserve --quiet --exit-on-eof --listen localhost:0", line)


def fill(folder):
    """Puts the files there that examples name."""
    data = os.path.join(manual.SOURCE, "tests", "pipe", "data")
    for name in ("a.png", "b.png", "a1.png", "a2.png", "chart1.png", "chart2.png", "photo.jpg", "a.jpg", "b.jpg", "shot.jpg", "in.png", "in.jpg"):
        with open(os.path.join(data, "a.jpg" if name.endswith("jpg") else "a.png"), "rb") as source, \
                open(os.path.join(folder, name), "wb") as target:
            target.write(source.read())
    os.mkdir(os.path.join(folder, "pictures"))
    os.link(os.path.join(folder, "a1.png"), os.path.join(folder, "pictures", "a1.png"))
    os.mkdir(os.path.join(folder, "out"))
    for name in ("chart.png", "out/chart1.png", "out/chart2.png", "out/chart3.png"):
        os.link(os.path.join(folder, "a1.png"), os.path.join(folder, name))
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:d=0.2:r=15", "-pix_fmt", "yuv420p", "-y", "movie.mp4"],
                   cwd=folder, check=True)
    for name in ("in.mp4", "film.mp4", "video.mp4"):
        os.link(os.path.join(folder, "movie.mp4"), os.path.join(folder, name))
    subprocess.run("capture test: --size 64x48 --fps 0 --count %d > take.frames" % PICTURES, shell=True, cwd=folder, check=True, env=environment())
    for name in os.listdir(os.path.join(manual.SOURCE, "examples")):
        if name.endswith(".py"):
            with open(os.path.join(manual.SOURCE, "examples", name), "rb") as source, open(os.path.join(folder, name), "wb") as target:
                target.write(source.read())
    fill_volumes(folder)
    os.symlink(os.path.join(manual.SOURCE, "examples"), os.path.join(folder, "examples"))


def fill_volumes(folder):
    """20 x 48 x 64 voxels in each format that examples name."""
    voxels = b"".join(struct.pack(">H", (a * b * c) % 4096) for a in range(20) for b in range(48) for c in range(64))
    described = b"{'descr': '>u2', 'fortran_order': False, 'shape': (20, 48, 64), }"
    described = described.ljust(117) + b"\n"
    nifti = bytearray(352)
    struct.pack_into(">i", nifti, 0, 348)
    struct.pack_into(">8h", nifti, 40, 3, 64, 48, 20, 1, 1, 1, 1)
    struct.pack_into(">2h", nifti, 70, 512, 16)
    struct.pack_into(">8f", nifti, 76, 1, 1, 1, 2, 0, 0, 0, 0)
    struct.pack_into(">3f", nifti, 108, 352, 1, 0)
    nifti[344:348] = b"n+1\0"
    for name, data in (("volume.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(described)) + described + voxels), ("volume.raw", voxels),
                       ("brain.nii.gz", gzip.compress(bytes(nifti) + voxels))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def environment():
    return {**os.environ, "PATH": manual.BIN + ":/usr/bin:" + os.environ.get("PATH", "/bin"), "LC_ALL": "C.UTF-8"}


def run(line):
    """None, or what went wrong."""
    with tempfile.TemporaryDirectory(prefix="framepipe-examples-") as folder:
        fill(folder)
        process = subprocess.Popen(["bash", "-o", "pipefail", "-c", recorded(line)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=folder, env=environment(), start_new_session=True)
        try:
            _, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            _, err = process.communicate()
            return "does not end: " + err.decode("utf-8", "replace")
        if process.returncode != 0:
            return "status %d: %s" % (process.returncode, err.decode("utf-8", "replace").strip())
    return None


def problems_of(line):
    try:
        stages = manual.stages(line)
    except ValueError as error:
        return ["cannot be read as shell: %s" % error]
    found = []
    for words in stages:
        if words[0] in COMMANDS:
            parsed = subprocess.run([manual.PROGRAM, "--parse", *words], capture_output=True, text=True)
            found += [parsed.stdout.strip()] if parsed.returncode else []
    if not found and any(words[0] in COMMANDS for words in stages):
        if not runnable(line, stages):
            print("parsed only:", line)
            return []
        print("run:", recorded(line))
        problem = run(line)
        found += ["run as: %s\n    %s" % (recorded(line), problem)] if problem else []
    return found


texts = {"man/" + name: manual.examples(manual.read("man", name)) for name in manual.pages()}
blocks = re.findall(r"^```sh\n(.*?)^```", manual.read("README.md"), re.MULTILINE | re.DOTALL)
texts["README.md"] = [line for block in blocks for line in block.replace("\\\n", "").splitlines()
                      if any(re.match(r"%s\b" % command, words[0]) for command in COMMANDS for words in manual.stages(line))]
problems = []
for text, lines in texts.items():
    if text.endswith(".1") and not lines:
        problems.append("%s: no examples" % text)
    for line in lines:
        problems += ["%s: %s\n    %s" % (text, line, problem) for problem in problems_of(line)]
manual.finish(problems)
