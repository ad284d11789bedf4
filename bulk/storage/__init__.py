"""What a job keeps on disk: its folder, its checkpoint, the copy of its input, its reports; and what jobs share."""
