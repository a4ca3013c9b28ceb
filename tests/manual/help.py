"""--help and --version work for each command; wrong usage is one line and status 2."""
import os
import re
import subprocess

import manual

version = re.search(r"project\(framepipe VERSION (\S+)", manual.read("CMakeLists.txt")).group(1)
problems = []


def run(command, *arguments):
    return subprocess.run([os.path.join(manual.BIN, command), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


for command, options in manual.commands().items():
    for name in ("--help", "-h"):
        done = run(command, name)
        if done.returncode != 0 or done.stderr:
            problems.append("%s %s: status %d, %r" % (command, name, done.returncode, done.stderr))
        missing = [n for option in options for n in option.names if n not in done.stdout]
        if missing:
            problems.append("%s %s: does not show %s" % (command, name, " ".join(missing)))
        wide = [line for line in done.stdout.splitlines() if len(line) > 160]
        if wide:
            problems.append("%s %s: too wide: %s" % (command, name, wide[0]))
    done = run(command, "--version")
    if (done.returncode, done.stdout, done.stderr) != (0, "%s (framepipe) %s\n" % (command, version), ""):
        problems.append("%s --version: %r" % (command, done))
    done = run(command, "--no-such-option")
    line = re.fullmatch(r"%s: [^\n]*--no-such-option[^\n]*\n" % command, done.stderr)
    if done.returncode != 2 or done.stdout or not line:
        problems.append("%s --no-such-option: status %d, stdout %r, stderr %r" % (command, done.returncode, done.stdout, done.stderr))
if not re.search(r"^## %s\b" % re.escape(version), manual.read("CHANGELOG.md"), re.MULTILINE):
    problems.append("CHANGELOG.md: no word of %s" % version)
manual.finish(problems)
