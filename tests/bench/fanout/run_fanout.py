#!/usr/bin/env python3
"""Measures fan-out servers side by side (standard library only).

    ./run --servers servers.json [--extra more.json] [--only a,b]
        --combo 100,100000,30 [--combo 100,100000,30,slow=20@100000]
        [--reps 3] [--secs 3] [--warm 1] [--json out/fanout.json]

A combo is CLIENTS,FRAME_BYTES,FPS (fps 0: flat out), with slow=K@BYTES_PER_S
for K slow ones among the clients.

A server is an object:
  name, cmd     {port} {size} {fps} {out} {here} {tmp} {python} {bin} are replaced;
                {bin} is the folder of framepipe's programs, from the environment: BIN=build/release/bin
  proto         ws | mjpeg | rawmp | tcp           (see fanload --proto)
  path          default "/"
  feed          "stdin:FRAMING"  stampgen's stdout is the server's stdin
                "push:PATH"      stampgen sends to ws://.../PATH
                "file"           stampgen replaces {tmp}/frames/f.jpg
                "none"           the server makes or runs its own frames
  fanload       more options for fanload (a list)
  not_server    names of processes in the server's session whose CPU is not the
                server's (["stampgen"] where the server starts it by itself)
  env           more environment
  fps           what "ideal" is computed with, where the server sets its own pace
  max_clients   combos with more clients are skipped

CPU is the sum over all processes of the server's session of the time that the
kernel charged to them inside the measured window (schedstat, else utime+stime).
On loopback this includes the receive path up to the client's socket queue.
Servers are interleaved; each figure is the median of the repeats.
"""
import argparse
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")


def session_pids(sid):
    found = []
    for d in os.listdir("/proc"):
        if not d.isdigit():
            continue
        try:
            with open(f"/proc/{d}/stat") as f:
                s = f.read()
        except OSError:
            continue
        comm = s[s.index("(") + 1:s.rindex(")")]
        rest = s[s.rindex(")") + 2:].split()
        if int(rest[3]) == sid:
            found.append((int(d), comm, rest))
    return found


def sample(sid):
    """{pid: {...}} of a session, and the names of the processes."""
    out = {}
    for pid, comm, rest in session_pids(sid):
        tasks, rss = {}, 0
        try:
            for t in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{t}/schedstat") as f:
                    tasks[t] = int(f.read().split()[0])
        except OSError:  # a thread or process that has just ended
            pass
        try:
            with open(f"/proc/{pid}/statm") as f:
                rss = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            pass
        out[pid] = {"comm": comm, "tasks": tasks, "rss": rss,
                    "ticks": sum(int(x) for x in rest[11:13]),
                    "dead": sum(int(x) for x in rest[13:15])}
    return out


def cpu_between(a, b, skip):
    """CPU seconds of (the server, the skipped processes) between two samples."""
    own = other = 0.0
    for pid, y in b.items():
        x = a.get(pid, {"tasks": {}, "ticks": 0, "dead": 0})
        if y["tasks"] and set(x["tasks"]) <= set(y["tasks"]):
            s = sum(v - x["tasks"].get(t, 0) for t, v in y["tasks"].items()) * 1e-9
        else:
            s = (y["ticks"] - x["ticks"]) / TICK
        s += (y["dead"] - x["dead"]) / TICK
        if y["comm"] in skip:
            other += s
        else:
            own += s
    return own, other


def listening(port):
    want = "%04X" % port
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(name) as f:
                for line in f:
                    p = line.split()
                    if len(p) > 3 and p[3] == "0A" and p[1].endswith(":" + want):
                        return True
        except OSError:
            pass
    return False


def stop(proc):
    if proc is None:
        return
    for sig, wait in ((signal.SIGTERM, 1.5), (signal.SIGKILL, 5)):
        try:
            os.killpg(proc.pid, sig)
        except ProcessLookupError:
            pass
        try:
            proc.wait(wait)
            if not session_pids(proc.pid):
                return
        except subprocess.TimeoutExpired:
            pass


def parse_combo(text):
    parts = text.split(",")
    c = {"clients": int(parts[0]), "size": int(parts[1]), "fps": float(parts[2]),
         "slow": 0, "slow_rate": 0}
    for p in parts[3:]:
        k, v = p.split("=")
        if k == "slow":
            n, r = v.split("@")
            c["slow"], c["slow_rate"] = int(n), float(r)
    c["label"] = text
    return c


def run_once(server, combo, port, args):
    tmp = tempfile.mkdtemp(prefix="fanout", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    os.mkdir(os.path.join(tmp, "frames"))
    fmt = {"port": port, "size": combo["size"], "fps": f"{combo['fps']:g}", "out": args.out,
           "here": HERE, "bin": os.path.abspath(os.environ.get("BIN", "build/release/bin")), "tmp": tmp, "python": os.environ.get("BENCH_PYTHON", "/usr/bin/python3")}
    stampgen = [os.path.join(args.out, "stampgen"), "--size", str(combo["size"]),
                "--fps", fmt["fps"]]
    feed = server.get("feed", "none")
    env = dict(os.environ)
    for k, v in server.get("env", {}).items():
        env[k] = v.format(**fmt)
    feeder = proc = None
    log = open(os.path.join(tmp, "log"), "wb")
    try:
        stdin = subprocess.DEVNULL
        if feed.startswith("stdin:"):
            feeder = subprocess.Popen(stampgen + ["--framing", feed[6:]],
                                      stdout=subprocess.PIPE, start_new_session=True)
            stdin = feeder.stdout
        elif feed == "file":
            feeder = subprocess.Popen(stampgen + ["--file", os.path.join(tmp, "frames", "f.jpg")],
                                      start_new_session=True)
        proc = subprocess.Popen(shlex.split(server["cmd"].format(**fmt)), stdin=stdin,
                                stdout=log, stderr=log, start_new_session=True, env=env)
        if feed.startswith("stdin:"):
            feeder.stdout.close()
        end = time.time() + 20
        while not listening(port):
            if time.time() > end or proc.poll() is not None:
                raise RuntimeError("server does not listen")
            time.sleep(0.02)
        time.sleep(0.1)
        if feed.startswith("push:"):
            feeder = subprocess.Popen(stampgen + ["--ws-push", f"127.0.0.1:{port}{feed[5:]}"],
                                      start_new_session=True)
            time.sleep(0.2)
        cmd = [os.path.join(args.out, "fanload"), "--proto", server["proto"], "--port", str(port),
               "--path", server.get("path", "/"), "--clients", str(combo["clients"]),
               "--warm", str(server.get("warm", args.warm)),
               "--secs", str(server.get("secs", args.secs))]
        if combo["slow"]:
            cmd += ["--slow", str(combo["slow"]), "--slow-rate", str(combo["slow_rate"])]
        cmd += server.get("fanload", [])
        load = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        a = b = fa = fb = {}
        skip = set(server.get("not_server", []))
        for line in load.stderr:
            if line.startswith("WINDOW_BEGIN"):
                a = sample(proc.pid)
                fa = sample(feeder.pid) if feeder else {}
            elif line.startswith("WINDOW_END"):
                b = sample(proc.pid)
                fb = sample(feeder.pid) if feeder else {}
        text = load.stdout.read()
        load.wait()
        r = json.loads(text)
        own, other = cpu_between(a, b, skip)
        r["server_cpu_s"] = own
        r["feed_cpu_s"] = other + cpu_between(fa, fb, set())[0]
        r["rss"] = sum(p["rss"] for p in b.values() if p["comm"] not in skip)
        r["processes"] = sum(1 for p in b.values() if p["comm"] not in skip)
        total_bytes = r["bytes"] + r["slow_bytes"]
        fps = server.get("fps", combo["fps"])
        ideal = (combo["clients"] - combo["slow"]) * fps * r["window_s"]
        r["delivered"] = r["messages"] / ideal if ideal else None
        r["cpu_pct"] = 100 * own / r["window_s"]
        r["ms_per_mb"] = own * 1e3 / (total_bytes / 1e6) if total_bytes else None
        if combo["slow"]:
            r["slow_msgs_per_s"] = r["slow_messages"] / combo["slow"] / r["window_s"]
        n = r["messages"] + r["slow_messages"]
        r["ms_per_1000"] = own * 1e6 / n if n else None
        return r
    except (RuntimeError, ValueError, OSError) as e:
        log.flush()
        with open(os.path.join(tmp, "log"), errors="replace") as f:
            tail = f.read()[-300:]
        return {"failure": f"{e}: {tail}"}
    finally:
        stop(proc)
        stop(feeder)
        log.close()
        shutil.rmtree(tmp, ignore_errors=True)
        try:
            os.unlink(os.path.join(os.path.dirname(tmp), "frames.tmp"))
        except OSError:
            pass


COLUMNS = [  # key, heading, format
    ("msgs_per_s", "msgs/s", "{:.0f}"), ("delivered", "of ideal", "{:.3f}"),
    ("cpu_pct", "server CPU %", "{:.1f}"), ("ms_per_mb", "CPU ms/MB", "{:.3f}"),
    ("ms_per_1000", "CPU ms/1000 msg", "{:.1f}"), ("rss", "RSS MB", None),
    ("lat_p50_us", "p50 ms", "ms"), ("lat_p99_us", "p99 ms", "ms"),
    ("slow_msgs_per_s", "slow msgs/s each", "{:.1f}"), ("slow_lat_p50_us", "slow p50 ms", "ms"),
    ("per_conn_min", "min/conn", "{:.0f}"), ("per_conn_max", "max/conn", "{:.0f}"),
    ("failed", "failed", "{:.0f}"), ("closed", "closed", "{:.0f}"),
]


def cell(key, f, v):
    if v is None:
        return "-"
    if key == "rss":
        return f"{v / 1e6:.1f}"
    if f == "ms":
        return "-" if v < 0 else f"{v / 1000:.2f}"
    return f.format(v)


def main():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--servers", action="append", default=[])
    ap.add_argument("--extra", action="append", default=[])
    ap.add_argument("--only")
    ap.add_argument("--combo", action="append", required=True)
    ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--secs", type=float, default=3)
    ap.add_argument("--warm", type=float, default=1)
    ap.add_argument("--port", type=int, default=18100)
    ap.add_argument("--out", default=os.path.join(HERE, "../../../build/bench"), help="where the binaries are")
    ap.add_argument("--json")
    args = ap.parse_args()
    args.out = os.path.abspath(args.out)
    servers = []
    for name in (args.servers or [os.path.join(HERE, "servers.json")]) + args.extra:
        with open(name) as f:
            servers += json.load(f)
    if args.only:
        want = args.only.split(",")
        servers = [s for n in want for s in servers if s["name"] == n]
    results, port = [], args.port
    for text in args.combo:
        combo = parse_combo(text)
        todo = [s for s in servers if combo["clients"] <= s.get("max_clients", 1 << 30)]
        runs = {s["name"]: [] for s in todo}
        for rep in range(args.reps):
            order = todo[rep % len(todo):] + todo[:rep % len(todo)] if todo else []
            for s in order:
                port = args.port + (port - args.port + 1) % 2000
                r = run_once(s, combo, port, args)
                runs[s["name"]].append(r)
                if "failure" in r:
                    print(f"# {s['name']} {text}: {r['failure']}", file=sys.stderr)
        print(f"\n### {combo['clients']} clients, {combo['size']} B, {combo['fps']:g} fps"
              + (f", {combo['slow']} of them slow at {combo['slow_rate']:g} B/s"
                 if combo["slow"] else "") + "\n")
        print("| server | " + " | ".join(h for _, h, _ in COLUMNS) + " |")
        print("|---|" + "---:|" * len(COLUMNS))
        for s in todo:
            good = [r for r in runs[s["name"]] if "failure" not in r]
            if not good:
                print(f"| {s['name']} | failed |")
                continue
            med = {}
            for key, _, _ in COLUMNS:
                v = [r[key] for r in good if r.get(key) is not None]
                med[key] = statistics.median(v) if v else None
            print(f"| {s['name']} | " + " | ".join(cell(k, f, med[k]) for k, _, f in COLUMNS)
                  + " |", flush=True)
            results.append({"server": s["name"], "combo": text, "median": med, "runs": good})
    if args.json:
        os.makedirs(os.path.dirname(os.path.abspath(args.json)), exist_ok=True)
        with open(args.json, "w") as f:
            json.dump(results, f, indent=1)


main()
