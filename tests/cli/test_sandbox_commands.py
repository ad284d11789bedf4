from __future__ import annotations

import sqlite3


def test_seed_adds_what_was_asked_for_and_says_so(bulk) -> None:
    result = bulk("sandbox", "seed", "--contacts", "3", "--deals", "7", "--pipelines", "2", "--notes", "4",
                  "--accounts", "5", "--hidden-pipelines", "1")  # fmt: skip
    assert result.code == 0, result.err
    assert "Added 3 contacts; the sandbox holds 3." in result.out
    assert all(part in result.out for part in ("7 deals", "2 pipelines", "4 notes", "5 accounts"))
    again = bulk("sandbox", "seed", "--contacts", "0", "--deals", "1")
    assert again.out == "Added 0 contacts; the sandbox holds 3.\nAdded 1 deals.\n"
    with sqlite3.connect(bulk.folder / "sandbox" / "sandbox.sqlite") as db:
        counts = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("contacts", "deals", "notes", "dealGroups")
        }
    db.close()
    assert counts == {"contacts": 3, "deals": 8, "notes": 4, "dealGroups": 3}


def test_seed_refuses_less_than_nothing(bulk) -> None:
    assert bulk("sandbox", "seed", "--deals", "-1").code == 2
