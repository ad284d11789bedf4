"""Many contacts in one request of ActiveCampaign's importer.

`entry` says what of a row's change the importer can express, `packing` how many fit into a batch, `sending` is the flow
of a batch: submitted, followed, and what is known of it at its end. `new_contacts` reads what batches make.
"""
