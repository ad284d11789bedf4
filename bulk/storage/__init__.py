"""What a job keeps on disk: its folder, its checkpoint, the copy of its input, its reports; and what jobs share.

* `job_folders` (all of them) and `job_folder`, in it `job_record` (what was asked), `input_copy`, `baseline` (of the
  export that it was made of), `reports`, `missing_report`, `edited_reports`.
* `checkpoint`: all that a job knows, in a `database`, of `journal` (intents and receipts), `row_states` (how rows
  ended), `batches` (the rows that were sent together), `unread` (what is to be read back of them), `planned` (what a
  plan says of them), `undoing` (what an undo puts back), `pages` (of exports), `snapshot` (what the account held) and
  `facts` (every small fact, declared). `formats`: from one version's to the next. Beside a job at work:
  `latest_failures`.
* `carrying`: what becomes durable goes to another folder too, so that a lost machine costs nothing.
* What jobs share, and who lives: `places`, `private`, `processes`.
"""
