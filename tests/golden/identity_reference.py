"""A plain reference for identity: every night from scratch, over all parties, in Python.

It is told the versions of parties and the devices that they used, each with the night on which it
entered, and the nights after which parties were erased; it answers whom each party belongs to from
which night on. It shares nothing with the models but the way a key is spelt.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Version:
    """A row of the customers feed, and the night on which it entered."""

    night: date
    party: str
    updated: int
    document: str | None
    mobile: str | None = None
    email: str | None = None
    opened: date | None = None


@dataclass(frozen=True)
class DeviceUse:
    """A tracked event of a party on a device."""

    night: date
    party: str
    device: str


@dataclass(frozen=True)
class Answer:
    """Whom a party belongs to."""

    customer: str
    reason: str
    is_shared: bool


@dataclass
class _Party:
    """What is remembered of a party from night to night."""

    name: str
    papers: list[str | None] = field(default_factory=list)
    newest: Version | None = None
    devices: set[str] = field(default_factory=set)

    @property
    def documents(self) -> list[str]:
        return [paper for paper in self.papers if paper is not None]

    def show(self, document: str | None) -> None:
        """Add a new document, go back to one shown before, or keep what was shown."""
        if document in self.papers:
            self.papers = self.papers[: self.papers.index(document) + 1]
        elif document is not None or not self.papers:
            self.papers.append(document)

    def contacts(self) -> list[tuple[str, str]]:
        assert self.newest is not None
        known = [("mobile", self.newest.mobile), ("email", self.newest.email)]
        return [(kind, token) for kind, token in known if token] + [
            ("device", device) for device in sorted(self.devices)
        ]


def spelt(name: str) -> str:
    """The key of a document, or of `party:<party>`."""
    return "C" + hashlib.md5(name.encode()).hexdigest()[:15]


def histories(
    versions: Iterable[Version],
    uses: Iterable[DeviceUse],
    nights: Iterable[date],
    erasures: Mapping[str, date],
) -> dict[str, list[tuple[date, Answer]]]:
    """Per party, the nights on which its answer changed, with the answer.

    `erasures` are parties and the last night before their erasure.
    """
    parties: dict[str, _Party] = {}
    introduced: dict[str, tuple[tuple[object, ...], str | None]] = {}
    told: dict[str, list[tuple[date, Answer]]] = defaultdict(list)
    versions, uses = list(versions), list(uses)
    for night in nights:
        for use in (use for use in uses if use.night == night):
            parties.setdefault(use.party, _Party(use.party)).devices.add(use.device)
        tonight = [version for version in versions if version.night == night]
        before = {name: list(party.papers) for name, party in parties.items()}
        _hear(parties, tonight)
        _introduce(introduced, parties, before, night)
        erased = {name for name, last in erasures.items() if last < night}
        for name, answer in _answers(parties, introduced, erased).items():
            if not told[name] or told[name][-1][1] != answer:
                told[name].append((night, answer))
    return dict(told)


def _hear(parties: dict[str, _Party], tonight: list[Version]) -> None:
    for version in tonight:
        party = parties.setdefault(version.party, _Party(version.party))
        if party.newest is None or version.updated > party.newest.updated:
            party.newest = version
    for name in {version.party for version in tonight}:
        newest = parties[name].newest
        assert newest is not None
        parties[name].show(newest.document)


def _introduce(
    introduced: dict[str, tuple[tuple[object, ...], str | None]],
    parties: dict[str, _Party],
    before: dict[str, list[str | None]],
    night: date,
) -> None:
    """Remember for each new document who showed it first, and whether that one had none before."""
    shown = defaultdict(list)
    for name, party in parties.items():
        papers = before.get(name, [])
        for document in party.documents:
            if document not in papers and document not in introduced:
                assert party.newest is not None
                opened = party.newest.opened or date.max
                follows = papers == [None]
                shown[document].append((not follows, opened, name))
    for document, claims in shown.items():
        newcomer, opened, name = min(claims)
        introduced[document] = ((night, opened, name, document), None if newcomer else name)


def _answers(
    parties: dict[str, _Party],
    introduced: dict[str, tuple[tuple[object, ...], str | None]],
    erased: Collection[str],
) -> dict[str, Answer]:
    """Contacts of the erased say nothing, and nothing more is said of those without a document."""
    known = {name: party for name, party in parties.items() if party.newest is not None}
    leader = _connect(known.values())
    members = defaultdict(set)
    for document in leader:
        members[leader[document]].add(document)
    keys = {head: _key(documents, introduced, known) for head, documents in members.items()}
    answers = {
        name: Answer(keys[leader[party.documents[0]]], "document", False)
        for name, party in known.items()
        if party.documents
    }
    holders = defaultdict(set)
    for name in answers.keys() - set(erased):
        for contact in known[name].contacts():
            holders[contact].add(answers[name].customer)
    for name, party in known.items():
        if name not in answers and name not in erased:
            answers[name] = _undocumented(party, holders)
    return answers


def _connect(parties: Iterable[_Party]) -> dict[str, str]:
    """For each document one document of its group."""
    group: dict[str, set[str]] = {}
    for party in parties:
        joined = set(party.documents).union(*(group.get(d, set()) for d in party.documents))
        for document in joined:
            group[document] = joined
    return {document: min(documents) for document, documents in group.items()}


def _key(
    documents: set[str],
    introduced: dict[str, tuple[tuple[object, ...], str | None]],
    parties: dict[str, _Party],
) -> str:
    senior = min(documents, key=lambda document: introduced[document][0])
    first = introduced[senior][1]
    if first is not None and senior in parties[first].documents:
        return spelt(f"party:{first}")
    return spelt(senior)


def _undocumented(party: _Party, holders: dict[tuple[str, str], set[str]]) -> Answer:
    found = [
        (kind, holders[kind, token]) for kind, token in party.contacts() if holders[kind, token]
    ]
    customers = set().union(*(names for _, names in found)) if found else set()
    if len(customers) == 1:
        return Answer(customers.pop(), found[0][0], False)
    return Answer(spelt(f"party:{party.name}"), "none", bool(customers))
