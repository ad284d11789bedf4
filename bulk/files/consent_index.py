"""Of which addresses any row says that they may not be mailed: what a row says of a person counts for their other rows.

Eight bytes an address, so that files of millions of rows have theirs in memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from bulk.resources.identity import address_key
from bulk.resources.presets.consent import Consent, strictness

STRICT: Final = sorted((consent for consent in Consent if consent is not Consent.AGREED), key=strictness, reverse=True)


@dataclass(frozen=True, slots=True)
class ConsentIndex:
    """The hashes of addresses, sorted, by what was said of them."""

    hashes: Mapping[Consent, array[int]]

    @classmethod
    def of(cls, said: Iterable[tuple[str, Consent]]) -> Self:
        """What is said of addresses; what was said of nobody in particular cannot be found again."""
        hashes: dict[Consent, array[int]] = {consent: array("q") for consent in STRICT}
        for address, consent in said:
            if consent is not Consent.AGREED and address:
                hashes[consent].append(hash(address_key(address)))
        return cls({consent: array("q", sorted(told)) for consent, told in hashes.items()})

    @classmethod
    def of_all(cls, others: Iterable[ConsentIndex]) -> Self:
        """What any of them says."""
        hashes: dict[Consent, array[int]] = {consent: array("q") for consent in STRICT}
        for other in others:
            for consent, told in other.hashes.items():
                hashes[consent].extend(told)
        return cls({consent: array("q", sorted(told)) for consent, told in hashes.items()})

    def strictest(self, address: str, said: Consent) -> Consent:
        """What counts of an address of which a row says this: that, or what is stricter of what others say."""
        if said is STRICT[0]:
            return said
        sought = hash(address_key(address))
        for consent in STRICT:
            if consent is said:
                break
            told = self.hashes[consent]
            at = bisect_left(told, sought)
            if at < len(told) and told[at] == sought:
                return consent
        return said
