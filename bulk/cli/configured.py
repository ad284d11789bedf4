"""What bulk.toml says of the options of a command, where the command line does not say it.

The command line goes before the environment, and that before bulk.toml.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from bulk.errors import UsageError
from bulk.messages import Part

if TYPE_CHECKING:
    from bulk.library.config import Config

_CONFIG: Final = "bulk.config"  # what was read, in the context of this command line
_CONFIG_FILE: Final = "bulk.config_file"  # what --config says
# what the environment says of an option, which goes before bulk.toml
_VARIABLES: Final = {"connection": "MATON_CONNECTION", "base_url": "BULK_BASE_URL", "jobs_dir": "BULK_JOBS_DIR"}
_OTHER_WAYS: Final = ("sandbox", "connection", "base_url")  # to an account than by its name
# what a command that goes on with a job does not take from bulk.toml: the job keeps what it was begun with
_GOING_ON: Final = ("resume", "retry", "apply")
_OF_THE_JOB: Final = (
    "sandbox", "rate", "concurrency", "max_errors", "max_duration", "allow_joined", "notify", "metrics"
)  # fmt: skip
_PLACES: Final = ("jobs_dir", "mapping", "metrics")  # options that name a place: it is meant from where the file stands
_NEVER: Final = ("config", "help", "version")  # what bulk.toml cannot say


def config_option() -> click.Option:
    """The option that names a bulk.toml."""
    return click.Option(
        ["--config"], metavar="FILE", is_eager=True, expose_value=False, callback=_read,
        help="Names accounts, and options as they usually are.  [default: bulk.toml here or above]",
    )  # fmt: skip


def _read(ctx: click.Context, _parameter: click.Parameter, file: str | None) -> None:
    """Take what bulk.toml says of this command's options as what they are if nobody says otherwise."""
    if file is not None:
        ctx.meta[_CONFIG_FILE] = file
        ctx.meta.pop(_CONFIG, None)
    if ctx.resilient_parsing or isinstance(ctx.command, click.Group):
        return
    result = config(ctx)
    if result.defaults:
        ctx.default_map = {**(ctx.default_map or {}), **_defaults_for(ctx, result)}


def config(ctx: click.Context | None = None) -> Config:
    """What bulk.toml says to this command line, read once. Raises `UsageError` for what is wrong in it."""
    meta = (ctx or click.get_current_context()).meta
    if _CONFIG not in meta:
        meta[_CONFIG] = _nearest_or(meta.get(_CONFIG_FILE))
    result: Config = meta[_CONFIG]
    return result


def config_given() -> str:
    """The file that `--config` names here, "" for none."""
    return str(click.get_current_context().meta.get(_CONFIG_FILE, ""))


def rate_of(account: str) -> float | None:
    """The rate that bulk.toml gives an account by its name, None where nobody says; the command line goes before it."""
    said = click.get_current_context().get_parameter_source("rate") is ParameterSource.COMMANDLINE
    one = None if said else config().accounts.get(account)
    return None if one is None else one.rate


def _nearest_or(named: str | None) -> Config:
    from bulk.library.config import Config, config_of, nearest_file  # noqa: PLC0415 - not for --help

    if named is not None:
        return config_of(Path(named), os.environ)
    path = nearest_file(Path.cwd())
    return Config() if path is None else config_of(path, os.environ)


def _defaults_for(ctx: click.Context, config: Config) -> dict[str, Any]:
    """The values of bulk.toml for the options that this command has. Raises `UsageError` for what is none."""
    everything = _options_of(ctx.find_root().command)
    own = {name: one for one in ctx.command.params if isinstance(one, click.Option) for name in _names(one)}
    result = {}
    for written, value in config.defaults.items():
        name = written.replace("_", "-")
        if name not in everything:
            raise UsageError(
                "config_unknown", file=config.path, where=f"defaults.{written}", hint=_hint(name, everything)
            )
        if not any(_fits(one, value) for one in everything[name]):
            expected = _expected(everything[name][0])
            raise UsageError("config_value", file=config.path, where=f"defaults.{written}", expected=expected)
        option = own.get(name)
        if ctx.command.name in _GOING_ON and option is not None and option.name in _OF_THE_JOB:
            continue
        if option is None or not _fits(option, value) or os.environ.get(_VARIABLES.get(str(option.name), "")):
            continue
        if option.name == "account":
            config.account(value)  # said with the file's name if there is none
            if _says_whose(os.environ):
                continue
        given = _place(config, value) if option.name in _PLACES else value
        result[str(option.name)] = _converted(ctx, option, given, config.path, written)
    return result


def jobs_dir_said(ctx: click.Context) -> str:
    """Where bulk.toml says that jobs are kept, "" where it does not. For the Tab key: no option is read by then."""
    defaults = config(ctx).defaults
    value = next((defaults[name] for name in ("jobs-dir", "jobs_dir") if name in defaults), "")
    return _place(config(ctx), value) if value and isinstance(value, str) else ""


def _place(config: Config, value: Any) -> str:
    """A place that bulk.toml names: it stands in the file, so it is meant from there."""
    return str(value if config.path is None or config.path.parent == Path.cwd() else config.path.parent / str(value))


def _says_whose(environment: Mapping[str, str]) -> bool:
    """Whether the environment names one account."""
    direct = environment.get("AC_API_URL") and not environment.get("MATON_API_KEY")
    return bool(environment.get("MATON_CONNECTION") or direct)


def _converted(ctx: click.Context, option: click.Option, value: Any, file: Path | None, written: str) -> Any:
    """The value as the option is given one; raises `UsageError` for one that it cannot have."""
    given = value if isinstance(value, bool | list) else str(value)
    given = [given] if option.multiple and not isinstance(given, list) else given
    try:
        option.type_cast_value(ctx, given)
    except click.BadParameter as error:
        raise UsageError(
            "config_value", file=file, where=f"defaults.{written}", expected=error.message.rstrip(".")
        ) from error
    return given


def _options_of(command: click.Command) -> dict[str, list[click.Option]]:
    """All options of all commands by their long names, but for those of the sandbox itself."""
    result: dict[str, list[click.Option]] = {}
    for name, each in getattr(command, "commands", {}).items():
        if name == "sandbox":
            continue
        for one in each.params:
            for called in _names(one) if isinstance(one, click.Option) else ():
                result.setdefault(called, []).append(one)
        for called, options in _options_of(each).items():
            result.setdefault(called, []).extend(options)
    return result


def _names(option: click.Option) -> Sequence[str]:
    names = [name[2:] for name in option.opts if name.startswith("--")]
    return [name for name in names if name not in _NEVER]


def _fits(option: click.Option, value: Any) -> bool:
    """Whether a value of a file is of the shape that an option has."""
    if option.is_flag:
        return isinstance(value, bool)
    if option.multiple and isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _expected(option: click.Option) -> str:
    if option.is_flag:
        return "it is true or false"
    return "it is a list of texts" if option.multiple else "it is a text or a number"


def _hint(name: str, known: Mapping[str, Any]) -> Part:
    from bulk.resources.likeness import nearest  # noqa: PLC0415 - for who has an error

    close = nearest(name, known)
    return Part.of("nearest", names=close) if close else Part.of("config_any_option")


def settle(ctx: click.Context) -> None:
    """Let what was said of the account here go before what bulk.toml says of it, and its own rate before the usual."""
    if "account" not in ctx.params:
        return
    said: Callable[[str], bool] = lambda name: ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE  # noqa: E731
    if said("account"):
        for name in ("connection", "base_url"):  # who rehearses by bulk.toml stays in the sandbox
            if not said(name):
                ctx.params[name] = ""
    elif any(map(said, _OTHER_WAYS)):
        ctx.params["account"] = ""
    if not ctx.params["account"] and ctx.params.get("connection") in config(ctx).accounts:  # a name in place of an id
        ctx.params["account"], ctx.params["connection"] = ctx.params["connection"], ""
    if (name := ctx.params["account"]) and "rate" in ctx.params and not said("rate"):
        rate = config(ctx).account(name).rate
        ctx.params["rate"] = ctx.params["rate"] if rate is None else rate
