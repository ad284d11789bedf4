"""A job's own page: one file that tells what became of it, to be kept, printed or handed on.

`figures` (what there is to say, out of the job's folder), `charts` (SVG), `page` (HTML; `report.html.jinja` beside it).
Reads the folder alone: asks no account, and changes nothing.
"""
