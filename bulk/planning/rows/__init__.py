"""The rows of each way of writing: what a row changes is decided here."""
