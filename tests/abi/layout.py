"""Write the C program that prints the layout of everything public: each struct's size, each field's offset and size,
and each enumerator's value. Its output is compared to layout.txt, on every architecture.

    python layout.py HEADER... > layout.c
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\n\} \1;", re.DOTALL)
ENUM = re.compile(r"enum \{(.*?)\};", re.DOTALL)
BODY = re.compile(r"\b(?:struct|union|enum)\b[^;{]*\{")
FUNCTION_POINTER = re.compile(r"\(\*(\w+)\)\(")
LAST_WORD = re.compile(r"(\w+)(?:\[\w+\])*$")


def field_names(body: str) -> list[str]:
    """Names of the fields in the body of a struct."""
    names = []
    for declaration in filter(None, (part.strip() for part in body.split(";"))):
        match = FUNCTION_POINTER.search(declaration) or LAST_WORD.search(declaration)
        if match is None:
            raise ValueError(f"a field that is not understood: {declaration!r}")
        names.append(match.group(1))
    return names


def program(headers: list[Path]) -> str:
    """The C program for these headers, in the order of their names."""
    lines = []
    for header in sorted(headers, key=lambda path: path.name):
        text = COMMENT.sub("", header.read_text())
        if len(BODY.findall(text)) != len(STRUCT.findall(text)) + len(ENUM.findall(text)):
            raise ValueError(f"{header}: a struct, union or enum in a form that layout.py does not read")
        for name, body in STRUCT.findall(text):
            lines.append(f'    printf("%s %zu\\n", "{name}", sizeof({name}));')
            for field in field_names(body):
                place = f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})"
                lines.append(f'    printf("    %s %zu %zu\\n", "{field}", {place});')
        for body in ENUM.findall(text):
            names = filter(None, (part.split("=")[0].strip() for part in body.split(",")))
            lines += [f'    printf("%s = %d\\n", "{name}", {name});' for name in names]
    includes = "\n".join(f"#include <binet/{name}>" for name in sorted(path.name for path in headers))
    return "\n".join(
        [
            "#include <stddef.h>",
            "#include <stdio.h>",
            "",
            includes,
            "",
            "int main(void)",
            "{",
            *lines,
            "    return 0;",
            "}",
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(program([Path(name) for name in sys.argv[1:]]))
