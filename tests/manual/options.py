"""Each command's options are those of its manual page: all their names, and none besides."""
import re

import manual


def documented(page):
    """The names that the entries of OPTIONS (or of DESCRIPTION, where a page has its options there) start with."""
    names = set()
    for title in ("OPTIONS", "DESCRIPTION"):
        for line in manual.section(page, title):
            if line.startswith(".It "):
                for name in re.findall(r"\bFl (\S+)", manual.unescaped(line)):
                    name = name.split("[")[0].split("=")[0]
                    if name not in (",", "|"):
                        names.add("-" + name)
    return names


def arguments_of(page):
    """What stands after Ar in the SYNOPSIS."""
    return set(re.findall(r"\bAr (\S+)", " ".join(manual.section(page, "SYNOPSIS"))))


problems = []
for command, options in manual.commands().items():
    try:
        page = manual.read("man", command + ".1")
    except FileNotFoundError:
        problems.append("%s: no man/%s.1" % (command, command))
        continue
    declared = {name for option in options if option.kind != "argument" for name in option.names}
    problems += ["man/%s.1: lacks %s" % (command, name) for name in sorted(declared - documented(page))]
    problems += ["man/%s.1: has %s, which %s does not" % (command, name, command) for name in sorted(documented(page) - declared)]
    for option in options:
        if option.kind == "argument" and not {option.names[0], option.names[0].lower()} & arguments_of(page):
            problems.append("man/%s.1: the SYNOPSIS lacks %s" % (command, option.names[0]))
        problems += ["man/%s.1: %s can be %s, which the page does not say" % (command, option.names[-1], choice)
                     for choice in manual.generate.choices(option) if choice not in page]
        if option.kind != "argument" and not option.description:
            problems.append("%s: %s has no description" % (command, option.names[-1]))
manual.finish(problems)
