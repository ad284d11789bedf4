"""Lists of the API, page by page: by id, by offset, and where they end.

`keyset` (by id) and `offset` decide which page comes next, `ends` when there is none; `collections` reads a list whole.
"""
