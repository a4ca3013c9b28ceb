"""What the checks in this folder share: the checkout, the declarations, and reading mdoc."""
import os
import re
import shlex
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "completions"))
import generate  # noqa: E402

PROGRAM, BIN = (os.path.abspath(path) for path in sys.argv[1:3])


def commands():
    """{command: [Option]}"""
    return generate.declarations(PROGRAM)


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def pages():
    """The file names of the manual."""
    return sorted(name for name in os.listdir(os.path.join(SOURCE, "man")) if re.fullmatch(r"[\w-]+\.\d", name))


def section(page, title):
    """The lines of a section of an mdoc page."""
    lines, inside = [], False
    for line in page.splitlines():
        if line.startswith(".Sh "):
            inside = line[4:].strip().strip('"') == title
        elif inside:
            lines.append(line)
    return lines


def unescaped(text):
    """What a line of mdoc shows."""
    for escape, shown in (("\\&", ""), ("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ti", "~"), ("\\(ha", "^"), ("\\(ga", "`"), ("\\e", "\\"),
                          ("\\\\", "\\")):
        text = text.replace(escape, shown)
    return text


def examples(page):
    """The command lines of a page's EXAMPLES: .Dl lines, and .Bd -literal blocks line by line."""
    found, literal, joined = [], False, ""
    for line in section(page, "EXAMPLES"):
        if line.startswith((".Bd -literal", ".Bd -unfilled")):
            literal = True
        elif line.startswith(".Ed"):
            literal = False
        elif line.startswith(".Dl "):
            found.append(unescaped(dequoted(line[4:])))
        elif literal and not line.startswith('.\\"'):
            joined += unescaped(line)
            if joined.endswith("\\"):
                joined = joined[:-1]
                continue
            found.append(joined)
            joined = ""
    return [line.removeprefix("$ ").strip() for line in found if line.strip()]


def dequoted(arguments):
    """The words of a macro line, as roff reads its quotes."""
    words = re.findall(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)', arguments)
    return " ".join(quoted.replace('""', '"') if quoted else plain for quoted, plain in words)


def stages(line):
    """[[word, ...], ...] of a shell pipeline; redirections and what follows `;`, `&` or a comment are left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    result, skip = [[]], False
    for word in lexer:
        if skip:
            skip = False
        elif word in ("<", ">", ">>", "<(", ">("):
            skip = True
        elif set(word) <= set("|&;()"):
            result.append([])
        elif word.startswith("#"):
            break
        else:
            result[-1].append(word)
    return [words for words in result if words]


def finish(problems):
    """Ends the check: what is wrong goes to stdout, a line each."""
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
