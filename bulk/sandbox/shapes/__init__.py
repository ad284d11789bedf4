"""How records look on the wire: database rows -> the JSON that was recorded. Ids are strings on reading.

Nothing here asks the store; what a shape needs is in the row, whose columns stand beside it. Keys stand in the order of
the recordings: columns, ids of what is included, links, id, aliases. A file is named as that of its routes: `contacts`,
`links`, `names`, `fields`, `accounts`, `crm_fields`, `deals` (pipelines, stages and notes too), `automations`,
`campaigns`, `users`, `webhooks`; `wire` has what all of them share.
"""
