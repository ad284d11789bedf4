"""What only the page says (`app`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "upload_missing": "No file came with that. Choose one, and send it again.",
        "upload_empty": "The file is empty. Export it again where it comes from, and choose that.",
        "upload_too_large": (
            "The file is larger than {most} MB, which is what the page takes. Import it in a terminal:"
            " ⟦import_file⟧"
        ),
        "archive_of_account": (
            "{file} is no whole account: that is a .zip of the files that an export of everything has written."
            " To import one kind of record, say which."
        ),
        "archive_too_large": (
            "{file} holds more than {most} GB. Unpack it, and import the folder in a terminal: bulk import all FOLDER"
        ),
        "upload_not_kept": "The file could not be kept: {reason}. Make room on the disk, and choose it again.",
        "columns_undecided": (
            "Say of each marked column what it is: it may tell who must not be mailed ({columns})."
        ),
    },
    "UnfinishedError": {
        "account_silent": (
            "The account has not answered for {seconds:duration}. Look whether this machine is in the network, and load"
            " the page again; nothing is lost."
        ),
    },
}  # fmt: skip
PARTS: Final[Mapping[str, str]] = {}
