"""Lists of the API, page by page: by id, by offset, and where they end."""
