"""layers.py ROOT: fails when a file under lib/ or cmd/ includes what its layer must not see.

Dependencies point down: cmd, then source and serve, then codec, image, files and net, then frame. Third-party
libraries stay inside the .cpp files of the few places that are named here.
layers.py --self-test checks that each kind of breach is found.
"""
import os
import re
import sys
import tempfile

# Which of our modules each module may include, besides itself.
MODULES = {
    "frame": set(),
    "files": {"frame"},
    "image": {"frame"},
    "codec": {"frame", "image"},
    "cli": {"frame"},
    "text": {"frame", "files", "image", "codec"},
    "volume": {"frame", "image", "codec"},
    "process": {"frame", "cli"},
    "net": {"frame"},
    "source": {"frame", "files", "image", "codec", "cli", "net", "process", "broker"},
    "broker": {"frame", "image", "codec", "net"},
    "serve": {"frame", "image", "codec", "cli", "process"},
}

# Who may include a library, and never from a header of lib/.
LIBRARIES = [
    (r"CLI/", [r"cmd/"]),
    (r"opencv2/", [r"lib/source/opencv"]),
    (r"boost/(beast|asio)\b", [r"lib/serve/", r"lib/net/", r"lib/process/"]),
    (r"boost/", [r"lib/frame/", r"lib/net/", r"lib/serve/", r"lib/source/", r"lib/process/", r"lib/broker/", r"lib/volume/", r"cmd/"]),
    (r"(turbojpeg|jpeglib|jerror|jconfig|jmorecfg|png|webp/\w+)(\.h)", [r"lib/codec/"]),
    (r"(pango|harfbuzz|hb|fribidi|fontconfig|freetype|ft2build|glib|glib-object|cairo)\b", [r"lib/text/"]),
    (r"mosquitto", [r"lib/broker/"]),
    (r"(tiff|gdcm)", [r"lib/volume/"]),
    (r"linux/videodev2\.h", [r"lib/source/"]),
    (r"zlib\.h", [r"lib/serve/", r"lib/codec/", r"lib/volume/"]),
    (r"openssl/", [r"lib/serve/", r"lib/net/"]),
    (r"(pango|fontconfig)/|ft2build\.h|hb[\w-]*\.h|glib[\w-]*\.h", [r"lib/text/"]),
    (r"spdlog/", [r"lib/cli/"]),
    (r"fmt/", [r"lib/", r"cmd/"]),
]
THIRD_PARTY = re.compile("|".join("(?:%s)" % pattern for pattern, _ in LIBRARIES))
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def layer_of(path):
    """("lib", "frame") of lib/frame/x.cpp, ("cmd", "encode") of cmd/encode/encode.cpp."""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def breach(path, quote, included):
    """Why this include must not be here, or None."""
    top, module = layer_of(path)
    for pattern, places in LIBRARIES:
        if re.match(pattern, included):
            if not any(path.startswith(place) for place in places):
                return "only %s may include it" % " and ".join(places)
            inside = path.startswith("lib/source/opencv/")  # no target but that module's sees these headers
            if top == "lib" and path.endswith(".hpp") and not inside:
                return "a third-party include in a header of lib/"
            return None
    if quote != '"':
        return None
    target = included.split("/")[0] if "/" in included else None
    if top == "lib":
        if target is None or target == module:
            return None
        if target not in MODULES:
            return "lib/ includes only lib/"
        if target not in MODULES.get(module, set()):
            return "%s is not below %s" % (target, module)
    elif target is not None and target not in MODULES and target != module:
        return "a command includes lib/ and its own folder"
    return None


def breaches(root):
    found = []
    for top in ("lib", "cmd"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if not name.endswith((".cpp", ".hpp", ".h", ".cc")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    for number, line in enumerate(file, 1):
                        include = INCLUDE.match(line)
                        why = include and breach(path, *include.groups())
                        if why:
                            found.append("%s:%d: includes %s: %s" % (path, number, include.group(2), why))
        if top == "lib":
            for module in sorted(os.listdir(os.path.join(root, "lib"))):
                if os.path.isdir(os.path.join(root, "lib", module)) and module not in MODULES:
                    found.append("lib/%s: a module that has no layer; give it one in tests/layers/layers.py" % module)
    return found


AGREED_AT_ROOT = {"cmd", "lib", "completions", "man", "web", "tests", "examples", "build",
                  "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE", "CHANGELOG.md"}


def strangers(root):
    return ["%s: not among the names agreed for the top folder" % name for name in sorted(os.listdir(root))
            if not name.startswith(".") and name not in AGREED_AT_ROOT]


def self_test():
    cases = {
        "lib/frame/a.cpp": '#include "codec/codec.hpp"',
        "lib/codec/a.cpp": '#include "source/source.hpp"',
        "lib/serve/a.cpp": '#include <CLI/CLI.hpp>',
        "lib/source/video.cpp": '#  include <opencv2/core.hpp>',
        "lib/codec/b.cpp": '#include <boost/beast.hpp>',
        "lib/codec/a.hpp": '#include <turbojpeg.h>',
        "lib/serve/b.cpp": '#include "command.hpp/../cmd/x.hpp"',
        "cmd/encode/a.cpp": '#include <turbojpeg.h>',
        "lib/other/a.cpp": '',
    }
    allowed = {
        "lib/codec/jpeg.cpp": '#include <turbojpeg.h>\n#include "image/convert.hpp"\n#include "jpeg.hpp"\n#include <vector>',
        "lib/source/opencv_camera.cpp": '#include <opencv2/videoio.hpp>',
        "cmd/command.hpp": '#include <CLI/CLI.hpp>\n#include "frame/input.hpp"',
    }
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "cmd"))
        for path, text in {**cases, **allowed}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        os.mkdir(os.path.join(root, "notes"))
        found = breaches(root) + strangers(root)
    missed = [path for path in list(cases)[:-1] if not any(line.startswith(path + ":") for line in found)]
    missed += [] if any(line.startswith("lib/other:") for line in found) else ["lib/other"]
    missed += [] if any(line.startswith("notes:") for line in found) else ["notes"]
    wrong = [line for line in found if line.split(":")[0] in allowed]
    for line in missed:
        print("not found:", line)
    for line in wrong:
        print("found though allowed:", line)
    return 1 if missed or wrong else 0


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        sys.exit(self_test())
    problems = breaches(sys.argv[1]) + strangers(sys.argv[1])
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
