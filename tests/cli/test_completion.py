"""What the Tab key offers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from bulk.cli.completion import SWITCH
from bulk.cli.main import bulk as root

BULK = Path(sys.executable).parent / "bulk"


def offered(*words):
    *before, last = words
    return [(one.type, one.value) for one in ShellComplete(root, {}, "bulk", "X").get_completions(before, last)]


def values(*words):
    return [value for _kind, value in offered(*words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("impo",), ["import"]),
        (("import", "contactL"), ["contactLists"]),
        (("import", "use"), []),  # that is exported only
        (("export", "use"), ["users"]),
        (("export", "al"), ["all"]),
        (("presets", "mailc"), ["mailchimp"]),
        (("import", "contacts", "a.csv", "--preset", "no"), ["none"]),
        (("import", "contacts", "a.csv", "--on-dup"), ["--on-duplicate"]),
        (("import", "contacts", "a.csv", "--on-duplicate", "fi"), ["first"]),
        (("help", "und"), ["undo"]),
    ],
)
def test_words_are_completed(words, expected):
    assert [value for value in values(*words) if value != "mailchimp-merge-tags"] == expected


def test_files_and_folders_are_left_to_the_shell():
    assert offered("import", "contacts", "sam") == [("file", "sam")]
    assert offered("jobs", "--jobs-dir", "x") == [("dir", "x")]


def test_jobs_are_offered_the_newest_first_and_only_those_that_a_command_is_about(bulk, csv_file):
    bulk.sandbox("import", csv_file("email\na@example.com\n"), "--job", "done")
    bulk.sandbox("plan", csv_file("email\nb@example.com\n"), "--job", "planned")
    assert values("undo", "") == ["planned", "done"]
    assert values("undo", "do") == ["done"]
    assert values("apply", "") == ["planned"]
    assert values("resume", "") == []
    assert values("undo", "--jobs-dir", "none", "") == []


def test_jobs_are_offered_from_where_bulk_toml_says(bulk, csv_file, monkeypatch, tmp_path):
    monkeypatch.delenv("BULK_JOBS_DIR")
    (tmp_path / "bulk.toml").write_text('[defaults]\njobs_dir = "named"\n')
    bulk.sandbox("import", csv_file("email\na@example.com\n"), "--job", "one")
    assert (tmp_path / "named" / "one").is_dir()
    assert values("report", "") == ["one"]
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert values("report", "") == ["one"]
    monkeypatch.chdir("/")
    assert values("report", "") == []
    assert values("report", "--config", str(tmp_path / "bulk.toml"), "") == ["one"]
    (tmp_path / "bulk.toml").write_text("[defaults]\njobs_dir = [")
    assert values("report", "--config", str(tmp_path / "bulk.toml"), "") == []


def test_accounts_of_bulk_toml_are_offered_and_a_wrong_one_offers_none(bulk):
    Path("bulk.toml").write_text('[accounts.acme]\nconnection = "c"\n[accounts.other]\nconnection = "d"\n')
    assert values("export", "contacts", "x", "--account", "") == ["acme", "other"]
    assert values("export", "contacts", "x", "--connection", "a") == ["acme"]
    Path("bulk.toml").write_text("[nonsense]\n")
    assert values("export", "contacts", "x", "--account", "") == []


@pytest.mark.parametrize("shell", SWITCH)
def test_the_script_says_how_it_is_switched_on_for_good(bulk, shell):
    done = bulk("completion", shell)
    line, file = SWITCH[shell]
    assert done.code == 0
    assert done.out.startswith(f"# To have it always, put this line into {file}: {line}\n")
    assert "_BULK_COMPLETE" in done.out
    assert bulk("completion", "tcsh").code == 2


@pytest.mark.skipif(
    shutil.which("bash") is None or not BULK.exists(), reason="there is no bash, or bulk is not installed"
)
def test_it_works_in_bash(tmp_path):
    script = """
        eval "$(bulk completion bash)"
        COMP_WORDS=(bulk import contactL); COMP_CWORD=2
        _bulk_completion bulk
        echo "${COMPREPLY[@]}"
    """
    environment = {"PATH": f"{BULK.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        ("bash", "-c", script), check=True, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.stdout.strip() == "contactLists"
