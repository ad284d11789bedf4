"""What a row of a resource asks for: its record, and what it changes.

`contact`, `link` and `record` are writers, one for each way in which resources are written; `edited` and `edited_links`
are over them, for files that were made of an export. `record_matching` tells which record a row means.
"""
