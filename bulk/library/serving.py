"""Listening on a port of this machine, and ending when a person says so: for what is served to a browser."""

from __future__ import annotations

from bulk.sandbox.serve import heeding, listening

__all__ = ["heeding", "listening"]
