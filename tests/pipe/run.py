"""run.py BIN CASE: runs the test in the folder CASE.

cmd     what bash runs, in an empty folder, with the programs of BIN and tests/pipe/tools in PATH;
        $DATA is tests/pipe/data, $CASE the test's own folder, $SOURCE the checkout
in      its standard input (absent: /dev/null)
out     what it must write to stdout, byte for byte (absent: nothing)
err     what it must write to stderr, line by line; `~ PATTERN` is a regular expression for one whole
        line (absent: nothing)
status  its exit status (absent: 0)

Nothing that cmd started may be left when it has ended.
run.py --self-test checks that each kind of difference is found.
"""
import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT = 60
LEFTOVERS_TIMEOUT = 10


def read(path, missing):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):  # the latter: a process that ends while it is asked
        return missing


def text_difference(name, wanted, got):
    lines = difflib.unified_diff(wanted, got, "%s wanted" % name, "%s got" % name, lineterm="")
    return "\n".join(lines)


def err_difference(wanted, got):
    """wanted and got as bytes; None if every line fits."""
    wanted = wanted.decode("utf-8").splitlines()
    got = got.decode("utf-8", "backslashreplace").splitlines()
    if len(wanted) == len(got):
        fits = [re.fullmatch(w[2:], g) is not None if w.startswith("~ ") else w == g for w, g in zip(wanted, got)]
        if all(fits):
            return None
        wanted = [g if fit else w for w, g, fit in zip(wanted, got, fits)]
    return text_difference("err", wanted, got)


def out_difference(wanted, got):
    if wanted == got:
        return None
    try:
        if b"\0" not in wanted + got and len(wanted) + len(got) < 10000:
            difference = text_difference("out", wanted.decode("utf-8").splitlines(), got.decode("utf-8").splitlines())
            if difference:
                return difference
    except UnicodeDecodeError:
        pass
    same = next((n for n, (w, g) in enumerate(zip(wanted, got)) if w != g), min(len(wanted), len(got)))
    return "out differs: wanted %d bytes, got %d, the first %d are the same\nwanted then %r\ngot then    %r" % (
        len(wanted), len(got), same, wanted[same:same + 40], got[same:same + 40])


def members(group):
    """The living processes of a process group."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = read("/proc/%s/stat" % entry, b"").decode("utf-8", "replace")
            if stat:
                name, fields = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
                if int(fields[2]) == group and fields[0] not in "ZX":
                    found.append("%s (%s)" % (name, entry))
    return found


def run(binaries, case):
    """The differences, as text for a person; empty if the case holds."""
    problems = []
    here = os.path.dirname(os.path.abspath(__file__))
    case = os.path.abspath(case)
    with tempfile.TemporaryDirectory(prefix="framepipe-pipe-") as top:
        folder = os.path.join(top, "work")
        os.mkdir(folder)
        environment = {
            "PATH": ":".join([binaries, os.path.join(here, "tools"), "/usr/bin", os.environ.get("PATH", "/bin")]),
            "HOME": top, "TMPDIR": top, "LC_ALL": "C.UTF-8", "DATA": os.path.join(here, "data"), "CASE": case,
            "SOURCE": os.path.dirname(os.path.dirname(here)), "BIN": binaries,
        }
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        out_path, err_path = os.path.join(top, "out"), os.path.join(top, "err")
        given = os.path.join(case, "in")
        with open(given if os.path.exists(given) else os.devnull, "rb") as stdin, \
                open(out_path, "wb") as out, open(err_path, "wb") as err:
            process = subprocess.Popen(["bash", os.path.join(case, "cmd")], stdin=stdin, stdout=out, stderr=err,
                                       cwd=folder, env=environment, start_new_session=True)
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                problems.append("still running after %d s: %s" % (TIMEOUT, ", ".join(members(process.pid))))
                status = None
            deadline = time.monotonic() + LEFTOVERS_TIMEOUT
            while status is not None and members(process.pid) and time.monotonic() < deadline:
                time.sleep(0.02)
            left = members(process.pid)
            if left:
                if status is not None:
                    problems.append("left behind: " + ", ".join(left))
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        wanted_status = int(read(os.path.join(case, "status"), b"0"))
        if status is not None and status != wanted_status:
            problems.append("status: wanted %d, got %d" % (wanted_status, status))
        problems.append(out_difference(read(os.path.join(case, "out"), b""), read(out_path, b"")))
        problems.append(err_difference(read(os.path.join(case, "err"), b""), read(err_path, b"")))
    return "\n".join(problem for problem in problems if problem)


def self_test():
    """(files of a case, a piece of the complaint; "" if it must hold)"""
    table = [
        ({"cmd": "cat; echo oops >&2; exit 3", "in": "a\n", "out": "a\n", "err": "~ o+ps", "status": "3"}, ""),
        ({"cmd": "true", "status": "1"}, "status: wanted 1, got 0"),
        ({"cmd": "echo a", "out": "b\n"}, "-b"),
        ({"cmd": "printf 'a\\0'", "out": "a"}, "out differs"),
        ({"cmd": "echo a"}, "+a"),
        ({"cmd": "echo a >&2"}, "+a"),
        ({"cmd": "echo ab >&2", "err": "~ a"}, "+ab"),
        ({"cmd": "true", "err": "a"}, "-a"),
    ]
    failed = 0
    for files, complaint in table:
        with tempfile.TemporaryDirectory() as case:
            for name, text in files.items():
                with open(os.path.join(case, name), "w", encoding="utf-8") as file:
                    file.write(text)
            got = run("/nonexistent", case)
            if (complaint not in got) if complaint else got:
                print("%r\nwanted %r\ngot %r" % (files, complaint, got))
                failed = 1
    return failed


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        sys.exit(self_test())
    complaints = run(os.path.abspath(sys.argv[1]), sys.argv[2])
    if complaints:
        print(complaints)
    sys.exit(1 if complaints else 0)
