"""The sandbox: a local stand-in for ActiveCampaign, in process or on a loopback port.

* The way of a request: `app` with its `options`, `travel` (there and back), `guests`, `entrances` and `admission` (who
  comes in), `connections`, `limits`, `account` (one transaction), `routes/` with `calls` and `collection` (what is
  plain); `responses` and `spoiling` of what is answered; `serve` on a port, `status` for a browser.
* State: `store` (SQLite) with its `schema`, `opening` (makes the tables) and `collation`; `additions`, `demo` (what an
  account comes with), `seed`, `seed_crm` (people made up).
* JSON as recorded: `shapes/`, a file as the routes are called.
* What is not sure, or goes wrong: `switches`, `faults`, told of by `reference`.
"""
