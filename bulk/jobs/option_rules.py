"""Whether what a user chose goes together, before anything is opened. The commands and the library ask here.

Whether each value can be at all, `options` has checked as it was made.
"""

from __future__ import annotations

from bulk.access.account import Account
from bulk.errors import UsageError
from bulk.jobs.choices import BATCH, SINGLE
from bulk.jobs.options import ExportOptions, ImportOptions, check_option
from bulk.messages import Part
from bulk.resources.identity import name_key
from bulk.resources.presets import AUTO, NONE
from bulk.resources.spec import Resource, Writing


def check_import(resource: Resource | None, options: ImportOptions, access: Account | None) -> None:
    """Raise `UsageError` for options that an import of a resource (None: of all) cannot have, or a check of one."""
    if resource is not None:
        check_importable(resource)
        _check_choice("mode", options.mode, resource.modes)
        _check_choice("key", options.key, resource.keys)
        if options.key == "id" and options.mode == "create":
            raise UsageError("key_id_with_create")
    elif _of_one_resource(options):
        raise UsageError("import_options_of_one_resource")
    if options.split_name and resource is not None and resource.writing is not Writing.CONTACT:
        raise UsageError("split_name_of_contacts")
    if options.exact_columns:
        _check_exact(resource, options)
    _check_users(options)
    _check_baseline(resource, options)
    if options.delete_missing:
        _check_missing(resource, options)
    if options.create_fields:
        _check_fields(resource, options)
    _check_engine(resource, options)
    check_rate(options.rate, access)


def _check_engine(resource: Resource | None, options: ImportOptions) -> None:
    """Raise `UsageError` for an engine that cannot be, or cannot do what is asked."""
    if options.engine == BATCH and resource is not None and resource.writing is not Writing.CONTACT:
        raise UsageError("engine_of_contacts", resource=resource.name)
    if options.no_automations and options.engine == SINGLE:
        raise UsageError("automations_with_single")
    if options.no_automations:
        if resource is None or resource.writing is not Writing.CONTACT:
            raise UsageError("automations_of_contacts")
        if options.mode not in ("", "upsert") or options.key not in ("", "email") or options.on_duplicate == "all":
            raise UsageError("automations_not_held_back")


def _check_users(options: ImportOptions) -> None:
    """Raise `UsageError` where two are said to take the place of one user, however that one is written."""
    seen: set[str] = set()
    for old in options.map_user:
        if name_key(old) in seen:
            raise UsageError("map_user_twice", user=old)
        seen.add(name_key(old))


def _check_fields(resource: Resource | None, options: ImportOptions) -> None:
    """Raise `UsageError` where no fields can be made, or what they are made for is left out."""
    if resource is None or resource.writing is not Writing.CONTACT:
        raise UsageError("create_fields_of_contacts")
    if options.ignore_unknown:
        raise UsageError("create_fields_with", option="ignore_unknown")
    if options.mode == "delete":
        raise UsageError("create_fields_with", option="mode=delete")


def _check_exact(resource: Resource | None, options: ImportOptions) -> None:
    """Raise `UsageError` where no cell can be all that there should be."""
    if resource is not None and resource.writing is not Writing.CONTACT:
        raise UsageError("exact_of_contacts", resource=resource.name)
    if options.mode in ("create", "delete"):
        raise UsageError("exact_with", option=f"mode={options.mode}")
    if options.baseline not in (AUTO, NONE):
        raise UsageError("exact_with", option="baseline")
    if options.on_duplicate == "all":
        raise UsageError("exact_with", option="on_duplicate=all")
    if options.delete_missing:
        raise UsageError("exact_with", option="delete_missing")


def _of_one_resource(options: ImportOptions) -> bool:
    """Whether something is asked for that makes sense for one resource only."""
    named = options.mode or options.key or options.sets or options.split_name or options.preset not in (AUTO, NONE)
    return bool(named or options.limit is not None or options.skip_lines or options.sheet)


def _check_baseline(resource: Resource | None, options: ImportOptions) -> None:
    """Raise `UsageError` where a baseline does not count, so that nobody takes it for heeded."""
    asked = options.on_conflict or options.baseline not in ("auto", "none")
    if asked and resource is None:
        raise UsageError("baseline_of_all")


def _check_missing(resource: Resource | None, options: ImportOptions) -> None:
    """Raise `UsageError` where it does not make sense to delete what a file has no more."""
    if resource is None:
        raise UsageError("missing_of_all")
    if not resource.can_go:
        raise UsageError("missing_not_deletable", resource=resource.name)
    if options.mode in ("delete", "create"):
        raise UsageError("missing_with", option=f"mode={options.mode}")
    if options.limit is not None:
        raise UsageError("missing_with", option="limit")
    if options.on_duplicate == "all":
        raise UsageError("missing_with", option="on_duplicate=all")
    if options.baseline == "none":
        raise UsageError("missing_with", option="baseline=none")


def check_export(resource: Resource | None, options: ExportOptions, access: Account) -> None:
    """Raise `UsageError` for options that an export of a resource (None: of all) cannot have."""
    if resource is not None:
        for name in options.filters:
            _check_choice("filter", name, tuple(resource.filters))
        if options.search and not resource.search:
            raise UsageError("search_unknown", resource=resource.name)
    elif options.filters or options.search or options.columns:
        raise UsageError("export_options_of_one_resource")
    check_rate(options.rate, access)


def check_importable(resource: Resource) -> None:
    """Raise `UsageError` for what cannot be imported."""
    if not resource.modes:
        raise UsageError("resource_not_importable", resource=resource.name, about=resource.about)


def check_rate(rate: float, access: Account | None) -> None:
    """Raise `UsageError` for what is no rate, and for no limit at all towards a real account."""
    check_option("rate", rate)
    credentials = None if access is None else access.credentials
    local = access is None or access.sandbox_folder is not None or (credentials and credentials.on_this_machine)
    if rate == 0 and not local:
        raise UsageError("rate_unlimited")


def _check_choice(option: str, given: str, offered: tuple[str, ...]) -> None:
    if given and given not in offered:
        takes = Part.of("takes", offered=offered) if offered else Part.of("takes_none")
        raise UsageError("choice_unknown", option=option, given=given, takes=takes)
