"""The CSV side: reading, schema, writing, templates. Knows files and resources, nothing of HTTP or jobs."""
