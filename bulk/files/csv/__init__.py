"""CSV, the first kind of file: read as it is found, written so that it is read back the same.

How it is written: `encoding`, `dialect`, `detect`. Bytes to records with row numbers: `frames`, `reader`. Rows that do
not fit: `fitting`, `quoting`, `swallowed`. Writing: `writer`.
"""
