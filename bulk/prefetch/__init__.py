"""What of an account is read before the rows of a job, or for an export, into its checkpoint."""
