"""bulk.toml on the command line: accounts by name, what options usually are, and who goes before whom."""

import json

import pytest

from bulk.cli.main import bulk as root

ROWS = "email\nada@example.com\nada@example.com\n"


@pytest.fixture
def toml(tmp_path):
    def write(text):
        (tmp_path / "bulk.toml").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def acme(bulk, toml):
    """A second account of the sandbox, called acme; its connection."""
    made = json.loads(bulk("connections", "create", "--sandbox", "--json").out)["id"]
    toml(f'[accounts.acme]\nconnection = "{made}"\nrate = 50\n')
    return made


def test_a_default_counts_where_nothing_is_said_and_the_command_line_goes_before_it(bulk, toml, csv_file):
    toml('[defaults]\nsandbox = true\nrate = 0\non_duplicate = "last"\n')
    file = csv_file(ROWS)
    assert bulk("import", "contacts", file, "--job", "one").code == 0
    assert bulk.summary("one")["rows"]["skipped"] == 1
    assert bulk("import", "contacts", file, "--job", "two", "--on-duplicate", "error").code == 1
    assert bulk.summary("two")["rows"]["rejected"] == 1


def test_the_environment_goes_before_bulk_toml(bulk, toml, csv_file, monkeypatch, tmp_path):
    toml('[defaults]\nsandbox = true\nrate = 0\njobs-dir = "named"\n')
    assert bulk("import", "contacts", csv_file("email\na@example.com\n"), "--job", "one").code == 0
    assert bulk.job("one").exists()
    monkeypatch.delenv("BULK_JOBS_DIR")
    assert bulk("import", "contacts", csv_file("email\na@example.com\n"), "--job", "two").code == 0
    assert (tmp_path / "named" / "two").exists()


def test_lists_are_repeatable_options_and_shapes_are_checked(bulk, toml, csv_file):
    toml('[defaults]\nsandbox = true\nrate = 0\nmap = ["E-Mail=email", "Note="]\n')
    assert bulk("import", "contacts", csv_file("E-Mail,Note\na@example.com,x\n")).code == 0
    wrong = (("ignore-unknown = 3", "true or false"), ("on-invalid = 'no'", "is not one of"), ("map = [1]", "texts"))
    for line, said in wrong:
        toml(f"[defaults]\n{line}\n")
        done = bulk("import", "contacts", csv_file("email\na@example.com\n"), "--sandbox")
        assert done.code == 2
        assert said in done.err
        assert f"defaults.{line.split()[0]}" in done.err


def test_an_unknown_default_is_refused_with_file_and_nearest(bulk, toml):
    toml("[defaults]\non-duplicat = 'last'\n")
    done = bulk("jobs")
    assert done.code == 2
    assert all(word in done.err for word in ("bulk.toml", "defaults.on-duplicat", "on-duplicate"))


def test_help_is_shown_whatever_stands_in_bulk_toml(bulk, toml):
    toml("[nonsense]\n")
    assert bulk("import", "--help").code == 0


def test_another_file_is_named_by_config_before_or_behind_the_command(bulk, tmp_path, csv_file):
    (tmp_path / "other.toml").write_text("[defaults]\nsandbox = true\nrate = 0\n", encoding="utf-8")
    file = csv_file("email\na@example.com\n")
    assert bulk("--config", "other.toml", "import", "contacts", file).code == 0
    assert bulk("import", "contacts", file, "--config", "other.toml").code == 0
    missing = bulk("jobs", "--config", "none.toml")
    assert (missing.code, "none.toml" in missing.err) == (2, True)


def test_an_account_is_found_by_its_name_and_said_first(bulk, acme, csv_file):
    file = csv_file("email\na@example.com\n")
    done = bulk("import", "contacts", file, "--sandbox", "--account", "acme", "--job", "one")
    assert done.code == 0
    assert done.err.splitlines()[0] == f"Account acme of bulk.toml: connection {acme}"
    record = json.loads((bulk.job("one") / "job.json").read_text())
    assert (record["named"], record["connection"], record["options"]["rate"]) == ("acme", acme, 50)
    assert record["account"] == "sandbox-2.example.com"


def test_a_job_goes_on_on_its_account_whatever_bulk_toml_says_by_then(bulk, acme, toml, csv_file):
    file = csv_file("email\n" + "".join(f"p{n}@example.com\n" for n in range(30)))
    given = ("--sandbox", "--account", "acme", "--job", "one", "--rate", "10")
    assert bulk("import", "contacts", file, *given, "--max-duration", "1s").code == 4
    toml("")
    done = bulk("resume", "one", "--rate", "0")
    assert done.code == 0
    assert done.err.startswith("Account acme of bulk.toml")
    assert json.loads((bulk.job("one") / "job.json").read_text())["account"] == "sandbox-2.example.com"


def test_a_job_that_goes_on_keeps_its_pace_and_an_undo_takes_that_of_its_account(bulk, acme, toml, csv_file):
    file = csv_file("email\n" + "".join(f"p{n}@example.com\n" for n in range(30)))
    given = ("--sandbox", "--connection", "acme", "--job", "one")
    assert bulk("import", "contacts", file, *given, "--max-duration", "1s", "--rate", "9").code == 4
    toml(f'[accounts.acme]\nconnection = "{acme}"\nrate = 40\n[defaults]\nrate = 3\nmax-errors = "2"\n')
    assert bulk("resume", "one").code == 0
    assert json.loads((bulk.job("one") / "job.json").read_text())["options"]["rate"] == 9
    assert "at 40/s" in bulk("undo", "one", "--dry-run").err
    assert "at 60/s" in bulk("undo", "one", "--dry-run", "--rate", "60").err


def test_the_line_that_imports_anew_leads_to_the_same_account(bulk, acme, csv_file):
    (bulk.folder / "bulk.toml").rename("other.toml")
    given = ("--config", "other.toml", "--sandbox", "--account", "acme")
    out = bulk("import", "contacts", csv_file("email\nnobody\n"), *given).out
    line = next(line for line in out.splitlines() if "failed.csv" in line and "bulk import" in line)
    assert "--config other.toml --account acme" in line


@pytest.mark.parametrize("name", ["acme", "prefix"])
def test_a_connection_is_found_by_its_name_and_by_how_its_id_begins(bulk, acme, name, csv_file):
    given = acme[:7] if name == "prefix" else name
    done = bulk.sandbox("import", csv_file("email\na@example.com\n"), "--connection", given, "--job", "one")
    assert done.code == 0
    assert json.loads((bulk.job("one") / "job.json").read_text())["connection"] == acme
    assert acme in bulk("connections", "show", given, "--sandbox").out
    assert bulk("doctor", "--sandbox", "--connection", given).code == 0


def test_a_beginning_of_several_ids_names_them(bulk):
    made = [json.loads(bulk("connections", "create", "--sandbox", "--json").out)["id"] for _ in range(17)]
    first = next(one[0] for one in made if sum(other[0] == one[0] for other in made) > 1)  # 17 ids, 16 digits
    done = bulk("connections", "show", first, "--sandbox")
    assert done.code == 2
    assert sum(one in done.err for one in made) > 1


def test_the_list_of_connections_has_the_names(bulk, acme):
    lines = bulk("connections", "list", "--sandbox").out.splitlines()
    assert lines[0].endswith("ACCOUNT")
    assert next(line for line in lines if acme in line).endswith("acme")
    told = json.loads(bulk("connections", "list", "--sandbox", "--json").out)
    assert {one["account"] for one in told} == {"", "acme"}


@pytest.mark.parametrize(
    "given", [("--connection", "another"), ("--base-url", "http://127.0.0.1:9", "--sandbox")], ids=lambda one: one[0]
)
def test_what_contradicts_the_account_is_refused(bulk, acme, csv_file, given):
    done = bulk("import", "contacts", csv_file("email\na@example.com\n"), "--account", "acme", *given)
    assert done.code == 2
    assert bulk.no_job


def test_an_account_with_its_own_address_is_not_in_the_sandbox(bulk, toml, csv_file):
    toml('[accounts.own]\nurl = "https://own.example.com"\ntoken_env = "OWN_TOKEN"\n')
    done = bulk("import", "contacts", csv_file("email\na@example.com\n"), "--account", "own", "--sandbox")
    assert done.code == 2
    assert all(word in done.err for word in ("own", "https://own.example.com", "--sandbox"))
    done = bulk("export", "contacts", "out.csv", "--account", "own")
    assert done.code == 2
    assert "OWN_TOKEN" in done.err


def test_a_default_account_gives_way_to_what_is_said_here(bulk, acme, toml, csv_file):
    toml(f'[accounts.acme]\nconnection = "{acme}"\n[defaults]\naccount = "acme"\n')
    done = bulk.sandbox("import", csv_file("email\na@example.com\n"))
    assert done.code == 0
    assert "Account: sandbox.example.com" in done.err


def test_an_unknown_account_has_the_nearest(bulk, acme):
    done = bulk("export", "contacts", "out.csv", "--account", "akme", "--sandbox")
    assert done.code == 2
    assert "Nearest: acme" in done.err


def test_an_option_that_means_another_thing_elsewhere_counts_where_its_value_fits(bulk, toml, csv_file):
    toml('[defaults]\nsandbox = true\nrate = 0\nexact = ["tags"]\n')  # of compare it is a flag
    assert bulk("import", "contacts", csv_file("email,tags\na@example.com,VIP\n"), "--job", "one").code == 0
    assert bulk("export", "contacts", "out.csv").code == 0
    assert bulk("compare", "out.csv", "out.csv", "--resource", "contacts").code == 0
    options = json.loads((bulk.job("one") / "job.json").read_text())["options"]
    assert ["tags"] in options.values()


def test_the_sandbox_itself_does_not_go_by_it(bulk, toml, tmp_path):
    toml('[defaults]\nrate = 1\nkey = "id"\nlimit = 1\nconnection = "x"\n')
    assert "of a real account" not in bulk("sandbox", "reset").out
    assert bulk("sandbox", "seed", "--contacts", "3").code == 0
    command = root.commands["sandbox"].commands["serve"]
    context = root.make_context("bulk", ["sandbox"])
    group = root.commands["sandbox"].make_context("sandbox", ["serve"], parent=context)
    assert command.make_context("serve", [], parent=group).params["rate"] == 5.0


def test_a_key_by_any_name_is_cut_out_of_what_is_said(bulk, toml, monkeypatch):
    monkeypatch.setenv("OWN_TOKEN", "abcdefgh-4711")
    toml('[accounts.own]\nurl = "https://own.example.com/abcdefgh-4711"\ntoken_env = "OWN_TOKEN"\n')
    done = bulk("export", "contacts", "out.csv", "--account", "own")
    assert done.code == 2
    assert "4711" not in done.err


def test_a_place_in_it_is_meant_from_where_the_file_stands(bulk, toml, csv_file, monkeypatch):
    monkeypatch.delenv("BULK_JOBS_DIR")
    toml('[defaults]\nsandbox = true\nrate = 0\njobs-dir = "kept"\n')
    file = csv_file("email\na@example.com\n")
    (bulk.folder / "below").mkdir()
    monkeypatch.chdir(bulk.folder / "below")
    assert bulk("import", "contacts", file, "--job", "one").code == 0
    assert (bulk.folder / "kept" / "one").exists()
    assert "one" in bulk("jobs").out


def test_what_is_about_no_account_and_no_job_does_not_read_it(bulk, toml):
    toml("[nonsense]\n")
    assert bulk("presets").code == 0
    assert bulk("completion", "bash").code == 0
    assert bulk("jobs").code == 2


@pytest.mark.parametrize("command", [("jobs",), ("report",), ("undo", "--dry-run", "--sandbox", "one")], ids=" ".join)
def test_every_command_about_jobs_finds_them_where_bulk_toml_says(bulk, toml, csv_file, monkeypatch, tmp_path, command):
    monkeypatch.delenv("BULK_JOBS_DIR")
    toml('[defaults]\nsandbox = true\nrate = 0\njobs-dir = "named"\n')
    assert bulk("import", "contacts", csv_file("email\na@example.com\n"), "--job", "one").code == 0
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    done = bulk(*command)
    assert (done.code, "one" in done.out) == (0, True), done.err
    monkeypatch.chdir("/")
    assert bulk(*command, "--config", tmp_path / "bulk.toml").code == 0
