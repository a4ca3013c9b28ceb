"""The pages are good mdoc, have the sections that a reader looks for, and name pages that exist."""
import os
import re
import subprocess

import manual

SECTIONS = {"1": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"], "5": ["NAME", "DESCRIPTION", "SEE ALSO"],
            "7": ["NAME", "DESCRIPTION", "SEE ALSO"]}
pages = manual.pages()
problems = []
for name in pages:
    page = manual.read("man", name)
    path = os.path.join(manual.SOURCE, "man", name)
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True)
    problems += [line.replace(manual.SOURCE + "/", "") for line in lint.stdout.splitlines()]
    # What man prints before the page, in a terminal of 80 columns: it formats with groff.
    shown = subprocess.run(["groff", "-k", "-mandoc", "-T", "utf8", "-r", "LL=78n", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    problems += ["man/%s: groff: %s" % (name, line) for line in shown.stderr.splitlines()]
    title, number = name.rsplit(".", 1)
    there = [line[4:].strip().strip('"') for line in page.splitlines() if line.startswith(".Sh ")]
    wanted = SECTIONS[number]
    problems += ["man/%s: no section %s" % (name, section) for section in wanted if section not in there]
    if [section for section in there if section in wanted] != [section for section in wanted if section in there]:
        problems.append("man/%s: sections out of order: %s" % (name, ", ".join(there)))
    if not re.search(r"^\.Dt %s %s$" % (re.escape(title.upper()), number), page, re.MULTILINE):
        problems.append("man/%s: .Dt is not %s %s" % (name, title.upper(), number))
    for referred, of in re.findall(r"\bXr (\S+) (\d)", page):
        ours = referred in manual.commands() or referred.startswith("framepipe")
        if ours and "%s.%s" % (referred, of) not in pages:
            problems.append("man/%s: refers to %s(%s), which does not exist" % (name, referred, of))
for command in manual.commands():
    if command + ".1" not in pages:
        problems.append("%s: no man/%s.1" % (command, command))
problems += ["no man/%s" % name for name in ("framepipe-frames.5", "framepipe-web.7") if name not in pages]
manual.finish(problems)
