"""Putting back what a job has changed: things, decided beside how the account is now. Pure."""
