"""Carrying out what was decided, request by request.

`contact` and `contact_links`; `link`, by `link_work` and `enrolments`; `record` and `record_search`; `additions` (what
is not in a record's body); `made` (what a row has made already).
"""
