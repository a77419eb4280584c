"""The words of the reports that have no name yet, as the decisions that a person takes about them.

Texts that are the same but for upper case are one decision, and so are siblings: ``Poll - A`` and ``Poll - B``. Texts
that most likely mean different things are no siblings: ``Web: Joined`` and ``Web: Left``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from naming.dictionary import Dictionary

PAIRS = """
select
    site_id,
    category,
    action,
    activity_count,
    unique_user_count,
    example_labels,
    candidate_1_activity_type, candidate_1_score, candidate_1_reason,
    candidate_2_activity_type, candidate_2_score, candidate_2_reason,
    candidate_3_activity_type, candidate_3_score, candidate_3_reason
from marts.unrecognised_activities
order by activity_count desc, site_id, category, action
"""

GUESSES = """
select
    site_id,
    category,
    action,
    activity_count,
    unique_user_count,
    null as example_labels,
    activity_type, cast(null as double), 'recognised by a guess: ' || alias_evidence || ', ' || alias_pattern,
    null, null, null,
    null, null, null
from marts.patterns_to_confirm
order by activity_count desc, site_id, category, action
"""

# What a row would take besides the unknown words.
RECOGNISED = """
select site_id, category, action, activity_type, count(*)
from staging.base_juno__activities
where not is_duplicate and activity_type <> 'unrecognised'
group by all
"""

# The shapes of the labels of the unknown words, one by one.
SHAPES = """
select site_id, category, action, label_shape, cast(sum(record_count) as bigint)
from staging.base_juno__activity_patterns
where activity_type = 'unrecognised'
group by all
order by 5 desc, 4
"""

# What may stand between the kind of an activity and a text of the event's own.
SEPARATOR = re.compile(r"\s*[:–—|]\s*|\s+-\s+|_-_")
SNAKE = re.compile(r"_")
# A text of so many words, or with a question mark, is a sentence and no name of an activity.
SENTENCE_WORDS = 4


@dataclass(frozen=True)
class Candidate:
    """An activity type that words might mean."""

    activity_type: str
    score: float | None
    reason: str


@dataclass(frozen=True)
class Pair:
    """A category and action of a site as the report writes them."""

    site_id: str
    category: str
    action: str
    records: int = 0
    people: int = 0
    labels: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    @property
    def text(self) -> str:
        """Both, to show."""
        return f"{self.category or '(blank)'} / {self.action or '(blank)'}"


@dataclass(frozen=True)
class Pattern:
    """A category and action as a row of the aliases writes them: ``*`` stands for any text."""

    category: str
    action: str

    @property
    def text(self) -> str:
        """Both, to show."""
        return f"{self.category or '(blank)'} / {self.action or '(blank)'}"

    def takes(self, category: str, action: str) -> bool:
        """Whether a row with this pattern would take these words."""
        return bool(_expression(self.category).fullmatch(_clean(category))) and bool(
            _expression(self.action).fullmatch(_clean(action))
        )


def escaped_pattern(text: str) -> str:
    """A text as a pattern that takes this text alone."""
    return _escaped(text.strip())


def _escaped(text: str) -> str:
    return text.replace("*", r"\*")


def _clean(text: str) -> str:
    return text.strip().lower()


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\\\*|\*)", _clean(pattern))
    return re.compile(
        "".join(".*" if part == "*" else re.escape("*" if part == r"\*" else part) for part in parts), re.DOTALL
    )


@dataclass(frozen=True)
class Decision:
    """Words that one answer names.

    Attributes:
        pairs: the words, those with the most records first.
        general: a pattern that takes all of them and others like them; none where they are a name as they stand.
        others: words that the pattern takes too and that are a decision of their own, because they mean another thing.
    """

    pairs: tuple[Pair, ...]
    general: Pattern | None = None
    others: tuple[Pair, ...] = ()

    @property
    def form(self) -> Pattern:
        """The pattern for its words with another text of the event's own; the words where they hold no such text."""
        return self.general or general_pattern(self.pairs[0]) or self.literals[0]

    @property
    def records(self) -> int:
        """The activities that the answer names."""
        return sum(pair.records for pair in self.pairs)

    @property
    def people(self) -> int:
        """At least so many people did it."""
        return max(pair.people for pair in self.pairs)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """What it might mean: the candidates of its words, each once, the best first."""
        best: dict[str, Candidate] = {}
        for candidate in (candidate for pair in self.pairs for candidate in pair.candidates):
            there = best.get(candidate.activity_type)
            if there is None or (candidate.score or 0) > (there.score or 0):
                best[candidate.activity_type] = candidate
        return tuple(sorted(best.values(), key=lambda candidate: -(candidate.score or 0)))[:3]

    @property
    def labels(self) -> tuple[str, ...]:
        """The forms of its labels."""
        return tuple(dict.fromkeys(label for pair in self.pairs for label in pair.labels))[:3]

    @property
    def text(self) -> str:
        """What is decided, to show."""
        return self.general.text if self.general is not None and len(self.pairs) > 1 else self.pairs[0].text

    @property
    def literals(self) -> tuple[Pattern, ...]:
        """The patterns that take these words and no others."""
        patterns = {
            (_clean(pair.category), _clean(pair.action)): Pattern(
                escaped_pattern(pair.category), escaped_pattern(pair.action)
            )
            for pair in reversed(self.pairs)
        }
        return tuple(reversed(patterns.values()))

    def shapes(self, known: Mapping[tuple[str, str], Mapping[str, int]]) -> dict[str, int]:
        """What its labels show, with the records, where they show several things and the words are a name."""
        words = {(_clean(pair.category), _clean(pair.action)) for pair in self.pairs}
        if self.general is not None or len(words) > 1:
            return {}
        found = dict(known.get(next(iter(words)), {}))
        return found if len(found) > 1 else {}

    def effect(self, dictionary: Dictionary) -> tuple[int, int]:
        """What it sorts by: attendance, then points, then records."""
        types = [dictionary[found.activity_type] for found in self.candidates if found.activity_type in dictionary]
        if any(found.counts_for_attendance for found in types):
            return 0, -self.records
        return (1 if types and types[0].earns_points else 2), -self.records


def read_shapes(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, int]]:
    """The label shapes of each unknown category and action, with their records, those with the most first."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for _, category, action, label_shape, records in connection.execute(SHAPES).fetchall():
        shapes = found.setdefault((_clean(category or ""), _clean(action or "")), {})
        shapes[label_shape] = shapes.get(label_shape, 0) + records
    return found


def read_pairs(connection: duckdb.DuckDBPyConnection, query: str = PAIRS) -> list[Pair]:
    """The words that a query of the marts lists."""
    return [
        Pair(
            site_id=row[0],
            category=row[1],
            action=row[2],
            records=row[3],
            people=row[4],
            labels=tuple(row[5].split(" | ")) if row[5] else (),
            candidates=tuple(
                Candidate(row[place], row[place + 1], row[place + 2] or "") for place in (6, 9, 12) if row[place]
            ),
        )
        for row in connection.execute(query).fetchall()
    ]


def decisions_of(pairs: Iterable[Pair], dictionary: Dictionary, *, are_guesses: bool = False) -> list[Decision]:
    """The decisions about these words, those with the largest effect first."""
    families: dict[Pattern | tuple[str, str], list[Pair]] = defaultdict(list)
    for words, found in _by_words(pairs).items():
        pattern = None if are_guesses else general_pattern(found[0])
        families[pattern or words].extend(found)
    decisions = []
    for key, found in families.items():
        found.sort(key=lambda pair: -pair.records)
        siblings, others = _siblings(found) if isinstance(key, Pattern) else ((), found)
        if isinstance(key, Pattern) and siblings:
            is_family = len(_by_words(siblings)) > 1 or is_sentence(siblings[0])
            decisions.append(Decision(tuple(siblings), key, tuple(others)) if is_family else Decision(tuple(siblings)))
        decisions.extend(Decision(tuple(same_words)) for same_words in _by_words(others).values())
    return sorted(decisions, key=lambda decision: (*decision.effect(dictionary), decision.text))


def _by_words(pairs: Iterable[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """Texts that are the same but for upper case."""
    same: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        same[_clean(pair.category), _clean(pair.action)].append(pair)
    return same


def _siblings(family: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The texts of one form that most likely mean one thing, if most do, and the others."""
    best = Counter(pair.candidates[0].activity_type for pair in family if pair.candidates)
    common, count = max(best.items(), key=lambda one: one[1], default=("", 0))
    shared = common if 2 * count > best.total() else None
    siblings = [pair for pair in family if not pair.candidates or pair.candidates[0].activity_type == shared]
    return siblings, [pair for pair in family if pair not in siblings]


def general_pattern(pair: Pair) -> Pattern | None:
    """The pattern for words like these with another text of the event's own; None if they hold no such text."""
    category, action = _split(pair.category), _split(pair.action)
    if category:
        return Pattern(f"{_escaped(category[0])}*".lower(), escaped_pattern(pair.action).lower())
    if action:
        return Pattern(escaped_pattern(pair.category).lower(), f"{_escaped(action[0])}*".lower())
    return None


def _split(text: str) -> tuple[str, str] | None:
    """A text before and after its first separator; in snake_case only a long rest is one."""
    text = text.strip()
    found = SEPARATOR.search(text)
    if found and found.start() and found.end() < len(text):
        return text[: found.end()], text[found.end() :]
    if " " not in text and text.count("_") >= SENTENCE_WORDS - 1:
        head, rest = SNAKE.split(text, maxsplit=1)
        return (f"{head}_", rest) if head else None
    return None


def is_sentence(pair: Pair) -> bool:
    """Whether the text of the event's own is a sentence, or a question."""
    rests = [split[1] for split in (_split(pair.category), _split(pair.action)) if split]
    return any("?" in rest or len(re.findall(r"[^\W_]+", rest)) >= SENTENCE_WORDS for rest in rests)


def caught_besides(
    pattern: Pattern, sites: Collection[str], recognised: Sequence[tuple[str, str, str, str, int]]
) -> list[tuple[str, str, int]]:
    """Words that are recognised today and that a pattern would take too: the words, their type, their activities."""
    return [
        (Pair(site_id, category, action).text, activity_type, records)
        for site_id, category, action, activity_type, records in recognised
        if site_id in sites and pattern.takes(category or "", action or "")
    ]
