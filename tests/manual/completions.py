"""The completions are read by their shells, and offer in bash and fish what the commands declare."""
import os
import subprocess
import tempfile

import manual

FOLDER = os.path.join(manual.SOURCE, "completions")
problems = []


def shell(*arguments, cwd=None):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd, timeout=60,
                          env={**os.environ, "HOME": cwd or "/nonexistent", "XDG_CONFIG_HOME": cwd or "/nonexistent", "LC_ALL": "C.UTF-8"})
    if done.returncode != 0 or done.stderr:
        problems.append("%s: status %d, %s" % (" ".join(arguments[:3]), done.returncode, done.stderr.strip()))
    return done.stdout.split("\n")[:-1]


def bash(command, words, cwd):
    """What is offered after these words, of which the last is being typed."""
    script = ('compopt() { :; }; source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_framepipe_%s; ((${#COMPREPLY[@]} == 0)) || printf "%%s\\n" "${COMPREPLY[@]}"' % command)
    return shell("bash", "-c", script, os.path.join(FOLDER, "bash", command), command, *words, cwd=cwd)


def fish(command, words, cwd):
    line = " ".join([command, *words])
    path = os.path.join(FOLDER, "fish", command + ".fish")
    return [offer.split("\t")[0] for offer in shell("fish", "-N", "-c", "source %s; complete -C '%s'" % (path, line), cwd=cwd)]


def expect(where, offered, wanted):
    missing = [word for word in wanted if word not in offered]
    if missing:
        problems.append("%s: offers %s, not %s" % (where, " ".join(offered) or "nothing", " ".join(missing)))


with tempfile.TemporaryDirectory() as cwd:
    with open(os.path.join(cwd, "picture one.png"), "w", encoding="utf-8"):
        pass
    for command, options in manual.commands().items():
        shell("bash", "-n", os.path.join(FOLDER, "bash", command))
        shell("zsh", "-n", os.path.join(FOLDER, "zsh", "_" + command))
        shell("fish", "-n", os.path.join(FOLDER, "fish", command + ".fish"))
        named = [option for option in options if option.kind != "argument"]
        longs = [name for option in named for name in option.names if name.startswith("--")]
        expect("bash: %s --" % command, bash(command, ["--"], cwd), longs)
        expect("fish: %s --" % command, fish(command, ["--"], cwd), longs)
        for option in options:
            choices = manual.generate.choices(option)
            if choices and option.kind == "value":
                expect("bash: %s %s" % (command, option.names[-1]), bash(command, [option.names[-1], ""], cwd), choices)
                expect("bash: %s %s=" % (command, option.names[-1]), bash(command, [option.names[-1], "=", choices[0][:1]], cwd), choices[:1])
                expect("fish: %s %s" % (command, option.names[-1]), fish(command, [option.names[-1], ""], cwd), choices)
            elif manual.generate.is_file(option) and option.kind == "value":
                expect("bash: %s %s" % (command, option.names[-1]), bash(command, [option.names[-1], "pic"], cwd), ["picture one.png"])
            elif choices:
                expect("bash: %s" % command, bash(command, [""], cwd), choices)
                expect("fish: %s" % command, fish(command, [""], cwd), choices)
    if "capture" in manual.commands():
        expect("bash: capture", bash("capture", [""], cwd), ["test:", "picture one.png"])
        expect("fish: capture", fish("capture", [""], cwd), ["test:"])
manual.finish(problems)
