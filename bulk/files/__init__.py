"""The rows of files: reading, schema, writing, templates. Knows files and resources, nothing of HTTP or jobs.

* What every kind of file offers: `source`, `sink`, as contracts. `opening` (which kind a file is), `named_file`,
  `sniffing` (what is no table), `packed` (gzip, zip). `csv/` and `xlsx/` are the kinds, which nobody else knows.
* A header to columns: `understood` (all of it), `matching`, `column_names`, `own_titles` (what titles tell in any
  language), `suggestions` (what an unknown one might be), `header_refusals`; `given` (what the user says of it),
  `noted` (what the job goes on with).
* Rows put right before: `adaptation` (how, by a preset and what the user says), `set_columns` (what is set for every
  row), `split_names` (full names taken apart), `adapted` (the source that does it), `adapted_opening`, `adapted_told`
  (what is said of it), `consent_index` (of which addresses any row says that they may not be mailed), `consent_kept`
  (what it says of people, for reports). What a person has corrected: `edited`, `unread_cells` (what of it nobody could
  read).
* Several tables of one file as one: `joined` (the source), `joined_opening`, `joined_match` (their columns as one),
  `joined_report` (as they stand in reports).
* A file's rows judged: `check` (all of them), `schema` (pandera), `keys`, `row_issues`.
* Two tables against each other: `compared` (which columns), `pairing` (which rows), `difference` (what can differ).
* What jobs have written, read again: `report_lines`. What people write for bulk itself: `toml_files`.
* What was written beside its target comes into its place: `placing`.
* The example row of a template: `examples`. What is generated: `template`, `reference`, `preset_reference`.
"""
