"""The README shows the examples as they are, and names only files that exist."""
import os
import re

import manual

text = manual.read("README.md")
problems = []
for path in sorted(set(re.findall(r"\]\(([^)#:]+)\)", text))):
    if not os.path.exists(os.path.join(manual.SOURCE, path)):
        problems.append("README.md: links to %s, which does not exist" % path)
shown = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
examples = {name: manual.read("examples", name) for name in os.listdir(os.path.join(manual.SOURCE, "examples")) if name.endswith(".py")}
if not shown:
    problems.append("README.md: shows no Python")
for block in shown:
    if not any(block in example for example in examples.values()):
        problems.append("README.md: this is in no file of examples/:\n%s" % block)
manual.finish(problems)
