"""From rows to flows: what a row of a resource asks of the API, in which order, and how it is settled. Pure.

* What a row changes, decided before anything is written: `changes` (the value `Change`), `contact_changes`,
  `record_changes` (what differs), `exact` (what a row does not name, and goes), `learning` (what is asked first),
  `plan_lines` (a `Change` as lines of a plan), `projected` (what a record will be by its `Change`). Whether it is so
  still: `as_planned`, `looking_again`.
* A row's record and its decision: `rows/`, each a writer of `writers`; `record_keys`.
* Carrying it out, request by request: `steps/`; `settling` (what may not be repeated), `consent` (who may be
  subscribed).
* Many contacts in one request of ActiveCampaign's importer: `batch/`.
* Taking back what a job has changed: `undo/`.
* Cells: `contact_wants`, `understanding`, `unchanged`, `damage`, `sheet_errors`, `spelling`, `translate` (ids of
  another account), `sameness` (what two cells have in common), `three_ways` (an export, its sheet, the account).
* Answers: `answers`, `differences`, `read_back`, `state` (what a contact holds).
* Names and ids: `names`, `naming`, `new_fields` (for columns that fit nothing), `address_lookup`.
* Lists of the API, page by page: `pages/`. A page to rows: `page_source`, `export`, by `kept_records` and
  `contact_cells`; what some columns need alone: `narrowed`.
* Small generators side by side: `flow`.
"""
