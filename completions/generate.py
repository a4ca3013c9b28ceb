"""generate.py DECLARATIONS FOLDER: writes FOLDER/{bash,zsh,fish} from what the program DECLARATIONS prints.

generate.py --check DECLARATIONS FOLDER fails if what is there is not what would be written.
"""
import os
import re
import subprocess
import sys
from collections import namedtuple

Option = namedtuple("Option", "kind names type many description")

HEADER = "framepipe: completion of %s(1), made by completions/generate.py; do not edit"
FILES = ("FILE", "PATTERN", "PATH", "OUTPUT", "CERT", "KEY")
FOLDERS = ("DIR",)


def choices_in(value):
    """Of `{a,b}` and `a|b`, also as `NAME:{a,b}`: [a, b]."""
    for part in value.split(":"):
        words = part[1:-1].split(",") if re.fullmatch(r"\{[^{}>]+\}", part) else part.split("|")
        if len(words) > 1:
            return words
    return []


def declarations(program):
    """{command: [Option]} in the order of declaration."""
    commands = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        command, kind, names, value, many, description = line.split("\t")
        if kind == "argument" and not choices_in(value):
            value = names  # an argument is called what it is: SOURCE
        option = Option(kind, names.split(","), value, many == "many", description)
        commands.setdefault(command, []).append(option)
    return commands


def choices(option):
    """The words that the value can be, [] if it can be anything."""
    return choices_in(option.type)


def is_file(option):
    return option.type in FILES


def is_folder(option):
    return option.type in FOLDERS


def value_name(option):
    if option.type == "HOST:PORT":
        return option.type
    return "value" if choices(option) else option.type.split(":")[0] or "value"


# bash

def bash_words(words):
    """Commands that fill COMPREPLY with those of the words that fit."""
    return "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")" % " ".join(words)


def bash_value(option):
    """The lines, as a tuple, that offer what the value can be."""
    if choices(option):
        return (bash_words(choices(option)),)
    if option.type == "SOURCE":
        return ("local devices=(/dev/video*)", "compopt -o filenames",
                "mapfile -t COMPREPLY < <(compgen -W \"test: - ${devices[*]##*\\*}\" -- \"$cur\"; compgen -f -- \"$cur\")")
    if is_folder(option) or is_file(option):
        return ("compopt -o filenames", "mapfile -t COMPREPLY < <(compgen -%s -- \"$cur\")" % ("d" if is_folder(option) else "f"))
    return ()


def bash(command, options):
    lines = ["# " + HEADER % command, "_framepipe_%s() {" % command,
             "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}",
             "    # bash takes `--name=value` as three words",
             "    if [[ $cur == '=' ]]; then",
             "        cur=",
             "    elif [[ $prev == '=' ]]; then",
             "        prev=${COMP_WORDS[COMP_CWORD - 2]}",
             "    fi",
             "    COMPREPLY=()",
             "    case $prev in"]
    by_value = {}
    for option in options:
        if option.kind == "value":
            by_value.setdefault(bash_value(option), []).extend(option.names)
    for value, names in by_value.items():
        lines += ["        %s)" % " | ".join(names)] + ["            " + part for part in value] + ["            return", "            ;;"]
    lines += ["    esac", "    if [[ $cur == -* ]]; then"]
    names = [name for option in options if option.kind != "argument" for name in option.names]
    lines += ["        " + bash_words(names), "        return", "    fi"]
    arguments = [option for option in options if option.kind == "argument"]
    if arguments:
        lines += ["    " + part for part in bash_value(arguments[0])]
    lines += ["}", "complete -F _framepipe_%s %s" % (command, command)]
    return "\n".join(lines) + "\n"


# zsh

def zsh_quoted(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_value(option):
    if choices(option):
        action = "(%s)" % " ".join(choices(option))
    elif option.type == "SOURCE":
        return "%s:{ _alternative 'files:file:_files' 'sources:source:(test\\: - /dev/video*(N))' }" % value_name(option)
    elif is_folder(option):
        action = "_files -/"
    elif is_file(option):
        action = "_files"
    else:
        action = ""
    return "%s:%s" % (zsh_quoted(value_name(option)), action)


def zsh(command, options):
    lines = ["#compdef %s" % command, "# " + HEADER % command, "_arguments -s -S \\"]
    for option in options:
        if option.kind == "argument":
            lines.append("    '%s:%s' \\" % ("*" if option.many else "1", zsh_value(option).replace("'", "'\\''")))
            continue
        repeat = "*" if option.many else "(%s)" % " ".join(option.names)
        for name in option.names:
            ending = {"flag": "", "value": "=" if name.startswith("--") else "+",
                      "optional-value": "=-" if name.startswith("--") else "-"}[option.kind]
            argument = {"flag": "", "value": ":" + zsh_value(option), "optional-value": "::" + zsh_value(option)}[option.kind]
            lines.append("    '%s%s%s[%s]%s' \\" % (repeat, name, ending, zsh_quoted(option.description), argument))
    lines[-1] = lines[-1][:-2]
    return "\n".join(lines) + "\n"


# fish

def fish_quoted(text):
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "\\'")


def fish(command, options):
    lines = ["# " + HEADER % command]
    arguments = [option for option in options if option.kind == "argument"]
    if not any(is_file(option) or is_folder(option) or option.type == "SOURCE" for option in arguments):
        lines.append("complete -c %s -f" % command)
    for option in arguments:
        if choices(option):
            lines.append("complete -c %s -a %s" % (command, fish_quoted(" ".join(choices(option)))))
        if option.type == "SOURCE":
            lines.append("complete -c %s -a '(path filter -- /dev/video*) test: -'" % command)
    for option in options:
        if option.kind == "argument":
            continue
        names = "".join(" -l %s" % n[2:] if n.startswith("--") else " -s %s" % n[1:] for n in option.names)
        if option.kind != "value":
            value = ""
        elif choices(option):
            value = " -x -a " + fish_quoted(" ".join(choices(option)))
        elif is_folder(option):
            value = " -x -a '(__fish_complete_directories)'"
        elif is_file(option):
            value = " -r -F"
        else:
            value = " -x"
        lines.append("complete -c %s%s%s -d %s" % (command, names, value, fish_quoted(option.description)))
    return "\n".join(lines) + "\n"


def files(commands):
    """{path inside the folder: text}"""
    made = {}
    for command, options in commands.items():
        made["bash/" + command] = bash(command, options)
        made["zsh/_" + command] = zsh(command, options)
        made["fish/%s.fish" % command] = fish(command, options)
    return made


def main(arguments):
    check = arguments[0] == "--check"
    program, folder = arguments[check:]
    wanted = files(declarations(program))
    if not check:
        for path, text in wanted.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    there = {}
    for shell in ("bash", "zsh", "fish"):
        for name in os.listdir(os.path.join(folder, shell)):
            with open(os.path.join(folder, shell, name), encoding="utf-8") as file:
                there["%s/%s" % (shell, name)] = file.read()
    wrong = sorted(path for path in there.keys() | wanted.keys() if there.get(path) != wanted.get(path))
    for path in wrong:
        print("completions/%s is not what the command declares; run: ninja completions" % path)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
