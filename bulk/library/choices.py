"""What there is to choose from, for help texts: it is asked before anything runs, so nothing heavy is loaded here."""

from __future__ import annotations

from bulk.api.connections import METHODS

__all__ = ["METHODS"]
