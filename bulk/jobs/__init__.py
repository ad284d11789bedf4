"""Jobs: the use cases, and the stages that they are made of.

* A use case each: `import_`, `plan`, `apply`, `export`, `validate`, `delete`; `all_resources` for a whole account, in
  `all_stages` over what `all_parts` share: `all_files` (the folder), `folder_files` (which file is of what),
  `all_exports`, `all_imports` and `all_plans` (one resource), `all_ids`, `manifest`, `end_all`, `end_all_plans`. Each
  runs by `run` and ends in a `summary`.
* A validation: `validate`, `asking` (without a job), `findings`.
* A file looked at by a person: `preview` (what its columns become), `problems` (which rows have some, corrected).
* What the user chose: `options` (`choices`: those of a few), by `option_rules`; `input_options` (what of it is about
  the file), `owners` (who takes whose place).
* An import reads downward in `import_stages`: `checking` (by `check`, `check_told`), `sending`, `end_import`. What
  the stages hand on: `import_job`, `prepared` (with what `writing` chooses). A plan is decided by `plan_rows` and
  ends in `end_plan`; `apply_rows` holds to it, and `apply_cost` says what that takes. What the parts of a plan come
  to, for those after them: `projection`.
* A file that was made of an export: `baseline_choice` (of which; of a report: `baseline_of_report`), `baseline` (its
  rows as edits), `unedited` (what needs nothing), `missing_rules` (what is missing, and whether it may go),
  `missing` (as tasks of the job), `missing_going` (which go) and `instead` (once another stands there), `conflicts`.
* Before the rows: `open_rows` (those not settled), `prefetch`, `own_ids`, `survey` (a look at each), `estimate` (what
  they will take), `joined_tags` (names that may be several), `create_names`, `create_fields` (of `wanted_fields`),
  `delete_records` (what will go) and `going` (how much that is).
* While they run: `rows` (the feed), `telling`, `read_back` (when) and `confirming` (what it says).
* Contacts in batches: `engines` (which engine a job goes by), `batch_rows` (which rows may go so, and how they are
  packed), `batches` (the feed), `batch_readings` (what became of their rows), `after_batch` (the rows that go on by
  themselves), `without_automations` (those that may not).
* An undo: `undo`, of `undo_plan` (what the undone job has left to put back), `undone_before` (whether it was undone
  already), `undo_lines` (undo.csv) and `undo_told` (what is said before), `undo_work` (its stages), `undo_rows` (its
  lines as a feed), `undo_lanes` (which of them wait for one another), `undo_lookup` (what they have made) and
  `undo_people` (the contacts that these are about, read by hundreds). An import whose rows are read first, so that it
  can be undone as a whole: `undoable`. What a job says of that at its end: `way_back`.
* What of a job is not done, out of its reports: `failed_rows`.
* Old jobs: `pruning` (which may be deleted, and deleting them).
* A comparison: `compare` of `compare_inputs` (what a file or folder is) and `compare_live` (the account), by
  `compare_tables` (two files); `comparison` is what came of it.
* An export likewise, in `export_stages`, of an `export_job` with its `export_columns`: `export_pages` with
  `export_pointers` (what they need) and `export_addresses` beside them, `export_rest` (what did not come with them),
  `export_records` (what was read), `export_files`, `end_export`.
"""
