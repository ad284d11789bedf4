"""Putting back what a job has changed. Pure.

* What there is to put back: `reversals`, a value for each cell, link or record.
* Each is held against how the account is now, and carried out by the steps of imports: `contact_edits` (cells and links
  of contacts), `contacts` (those that were created or deleted), `records`, `beside` (options and stages). Who points to
  what was made anew: `renewed`. How it ends: `ends`.
* What that takes: `costs`.
"""
