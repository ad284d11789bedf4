"""From rows to flows: what a row of a resource asks of the API, in which order, and how it is settled. Pure."""
