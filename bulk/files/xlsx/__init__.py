"""Workbooks (.xlsx): read as the texts that they show, written so that nothing in them is taken for a number or a date.

`package` (the parts of a workbook), `markup` (their XML), `cells` (a sheet's rows as they stand there), `formats` (what
a number shows), `shown` (a cell → its text, or why it has none), `spool` and `source` (a sheet as a table), `writer`,
`template`.

No library is behind the reading, and this is why: of one file calamine gives 501 for a cell that shows 00501, 0.15 for
15 %, and nothing for an error; openpyxl gives a line break and the text "_x000D_" as the same, and nothing for a
formula that was never calculated. What they lose cannot be told afterwards. Both are what the tests compare with.
"""
