"""CSV, the first kind of file: how it is recognised, read, guarded and written is known in here and nowhere else."""
