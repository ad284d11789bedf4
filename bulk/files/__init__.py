"""The rows of files: reading, schema, writing, templates. Knows files and resources, nothing of HTTP or jobs."""
