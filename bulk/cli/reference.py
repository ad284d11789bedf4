"""The generated pages of docs/: `python -m bulk.cli.reference docs` writes all of them anew.

Whole pages: commands, errors, resources, presets, the man page `bulk.1`. Tables inside of pages: `TABLES`. Tests
compare all of it with the code, so that no option, variable, file or exit code is without its place.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bulk.cli import facts
from bulk.cli.commands_page import commands_page
from bulk.cli.manual import manual

TABLES: Final = {  # in which page a table stands: its name there, and what its columns are called
    "exit-codes.md": ("exit codes", facts.EXIT_CODES, ("code", "meaning")),
    "environment.md": ("variables", facts.ENVIRONMENT, ("variable", "meaning")),
    "job-folder.md": ("files", facts.JOB_FILES, ("file", "holds")),
    "bulk-toml.md": ("keys", facts.CONFIG_KEYS, ("key", "meaning")),
}


def pages(folder: Path) -> dict[Path, str]:
    """Every generated file of the folder, as it should be."""
    from bulk.library.reference import RESOURCES, markdown, presets_page  # noqa: PLC0415 - heavy
    from bulk.messages.page import page as errors_page  # noqa: PLC0415 - heavy

    result = {
        "commands.md": commands_page(),
        "errors.md": errors_page(),
        "resources.md": markdown(RESOURCES),
        "presets.md": presets_page(),
        "bulk.1": manual(),
    }
    result |= {name: with_tables(name, (folder / name).read_text(encoding="utf-8")) for name in TABLES}
    return {folder / name: text for name, text in result.items()}


def with_tables(page: str, text: str) -> str:
    """The text of a page of `TABLES` with its table as the code has it."""
    name, rows, header = TABLES[page]
    table = [f"| {' | '.join(header)} |", "|---|---|", *(f"| `{one}` | {about} |" for one, about in rows)]
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = text.partition(begin)
    return "\n".join((before + begin, *table, end)) + rest.partition(end)[2]


if __name__ == "__main__":
    if sys.argv[1:] and not sys.argv[1].startswith("-"):
        for file, text in pages(Path(sys.argv[1])).items():
            file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write("python -m bulk.cli.reference docs: write the generated pages of that folder anew\n")
