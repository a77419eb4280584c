"""Ask a person what the unknown words mean: one question after the other, answered with a number or a letter.

Each answer is written at once, so that a closed window loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from naming.aliases import Alias, add_aliases, remove_aliases
from naming.dictionary import ATTEND_CLICKED, JOINED, OTHER, ActivityType, Dictionary, search
from naming.unknown import Decision, Pattern, caught_besides
from warehouse.command_line import counted, one_line

SHOWN = 9
PREVIEW = 8

Recognised = Sequence[tuple[str, str, str, str, int]]


class Ended(Exception):
    """The person asked to end, or there is no more input."""


@dataclass
class Dialog:
    """The questions.

    Attributes:
        dictionary: what an answer can be.
        recognised: the words that have a name already; the preview shows which of them a row would take.
        path: the file that the answers are written to.
        console: where it is shown.
        read: gives the next line of input.
        shapes: what the labels of each category and action show, with the records.
        named: what was decided, in order.
        has_ended: whether the person ended the questions.
        is_input_over: whether there is no more input, so that nothing is asked any more.
    """

    dictionary: Dictionary
    recognised: Recognised
    path: Path
    console: Console
    read: Callable[[], str]
    shapes: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    named: list[tuple[Decision, list[Alias]]] = field(default_factory=list)
    has_ended: bool = False
    is_input_over: bool = False

    def say(self, text: str = "") -> None:
        """Show a line with markup."""
        self.console.print(text)

    def ask(self, question: str) -> str:
        """The answer to a question, without blanks around it.

        Raises:
            Ended: there is no more input, or Ctrl-C was pressed.
        """
        self.console.print(f"{question} ", end="")
        try:
            return self.read().strip()
        except (EOFError, KeyboardInterrupt) as error:
            self.is_input_over = True
            raise Ended from error

    def run(self, decisions: Sequence[Decision]) -> None:
        """Ask about each of some decisions, until the person ends."""
        place = 0
        try:
            while place < len(decisions):
                self.show(decisions[place], place + 1, len(decisions))
                step = self.decide(decisions[place])
                if step < 0:
                    place = self.take_back(decisions, place)
                else:
                    place += 1
        except Ended:
            self.has_ended = True
            self.say()

    def agrees(self, question: str) -> bool:
        """Whether the person agrees; Enter does, the end of the input does not, and after it nothing is asked."""
        if self.is_input_over:
            return False
        try:
            return self.ask(question).lower() in ("", "y", "yes")
        except Ended:
            self.say()
            return False

    def offer_guesses(self, guesses: Sequence[Decision]) -> None:
        """Ask about words that were recognised by a guess, if the person wants it."""
        records = sum(decision.records for decision in guesses)
        self.say(
            f"\n{counted(len(guesses), 'more was', 'more were')} recognised by a guess"
            f" ({counted(records, 'activity', 'activities')}). 1 confirms one, any other"
            " type corrects it."
        )
        if self.agrees("Look at them now? (Y/n)"):
            self.run(guesses)

    def take_back(self, decisions: Sequence[Decision], place: int) -> int:
        """Go back by one question, and take out of the file what was decided there."""
        if place == 0:
            self.say("This is the first one.")
            return 0
        before = decisions[place - 1]
        if self.named and self.named[-1][0] is before:
            _, aliases = self.named.pop()
            remove_aliases(self.path, aliases)
        return place - 1

    def show(self, decision: Decision, number: int, total: int) -> None:
        """Show the words, how often they are there, and what they might mean."""
        people = counted(decision.people, "person", "people")
        self.say()
        self.say(f"[bold]{number} of {total}   {one_line(decision.text)}[/bold]")
        details = [counted(decision.records, "activity", "activities"), people]
        if len(decision.pairs) > 1:
            details.append(f"{len(decision.pairs)} texts")
        details.append(f"labels: {' | '.join(decision.labels)}" if decision.labels else "no labels")
        self.say(one_line("   " + " · ".join(details)))
        if decision.general is not None and len(decision.pairs) > 1:
            for pair in decision.pairs[:3]:
                self.say(f"   [dim]such as {one_line(pair.text)}[/dim]")
        for place, candidate in enumerate(decision.candidates, start=1):
            found = self.dictionary.get(candidate.activity_type)
            if found is None:
                continue
            score = f" {candidate.score:.2f}" if candidate.score is not None else ""
            self.say(f"  [bold]{place}[/bold]  {self.named_type(found)}[dim]{score}[/dim]")
            if candidate.reason:
                self.say(f"     [dim]{one_line(candidate.reason)}[/dim]")
        if not decision.candidates:
            self.say("   No activity type fits these words. Search with s.")
        shapes = decision.shapes(self.shapes)
        if shapes:
            by_shape = ", ".join(f"{shape} {records:,}" for shape, records in shapes.items())
            self.say(f"  [bold]l[/bold]  name its records by what the label shows: {by_shape}")
        self.say(
            "  [bold]s[/bold] search   [bold]o[/bold] something else, keep as other activity   [bold]Enter[/bold] skip"
            "   [bold]b[/bold] back   [bold]q[/bold] end"
        )

    def named_type(self, found: ActivityType) -> str:
        """A type with its meaning and what it counts for, in one line."""
        counts = [
            *(["attendance"] if found.counts_for_attendance and found.activity_type != ATTEND_CLICKED else []),
            *(["points"] if found.earns_points else []),
        ]
        shares = f" [cyan]({', '.join(counts)})[/cyan]" if counts else ""
        return f"{found.activity_type}: {one_line(found.meaning)}{shares}"

    def decide(self, decision: Decision) -> int:
        """Ask until there is an answer: 1 for the next question, -1 for the one before."""
        while True:
            answer = self.ask(">")
            if answer == "":
                return 1
            if answer.lower() == "b":
                return -1
            if answer.lower() == "q":
                raise Ended
            if answer.lower() == "l" and decision.shapes(self.shapes):
                if self.name_by_shape(decision):
                    return 1
                continue
            chosen = self.chosen(answer, decision)
            if chosen is None:
                continue
            chosen = self.ask_about_attendance(chosen)
            if chosen is not None and self.write(decision, chosen):
                return 1

    def chosen(self, answer: str, decision: Decision) -> str | None:
        """The activity type that an answer names; None if it names none, which is said."""
        types = [candidate.activity_type for candidate in decision.candidates]
        if answer.isdigit():
            if 1 <= int(answer) <= len(types):
                return types[int(answer) - 1]
            self.say(f"There is no {answer} here.")
            return None
        if answer.lower() == "o":
            return OTHER
        if len(answer) == 1 and answer.lower() != "s":
            self.say(f"There is no {one_line(answer)} here.")
            return None
        if answer in self.dictionary:
            return answer
        return self.search(answer.removeprefix("s ").strip() if answer.lower() != "s" else "")

    def search(self, text: str) -> str | None:
        """Let the person choose among the activity types that a search finds."""
        text = text or self.ask("Search for which words? (Enter lists all)")
        found = search(self.dictionary, text) if text else list(self.dictionary.values())
        if not found:
            self.say(
                f"No activity type has {one_line(text)!r}. All of them with meanings: docs/reference/activity_types.md"
            )
            return None
        if text and len(found) > SHOWN:
            self.say(f"{len(found)} types have it; these are the first {SHOWN}. More words find fewer.")
            found = found[:SHOWN]
        for place, one in enumerate(found, start=1):
            self.say(f"  [bold]{place}[/bold]  {self.named_type(one)}")
        answer = self.ask("Which number? (Enter for none)")
        if answer.isdigit() and 1 <= int(answer) <= len(found):
            return found[int(answer) - 1].activity_type
        return answer if answer in self.dictionary else None

    def ask_about_attendance(self, chosen: str) -> str | None:
        """Adding a session to the schedule is not attendance, and words separate the two badly: always ask."""
        if chosen not in (JOINED, ATTEND_CLICKED):
            return chosen
        self.say("Did the person enter the session, or only plan to? Attendance is calculated from the answer.")
        self.say(f"  [bold]1[/bold]  entered the session ({JOINED}: counts for attendance)")
        self.say(f"  [bold]2[/bold]  added it to the own schedule, registered ({ATTEND_CLICKED}: no attendance)")
        self.say("  [bold]Enter[/bold]  neither, or not known: ask again")
        return {"1": JOINED, "2": ATTEND_CLICKED}.get(self.ask("1 or 2?"))

    def write(self, decision: Decision, activity_type: str) -> bool:
        """Write the rows for a decision; False if the person would rather decide again."""
        patterns = self.patterns(decision)
        if patterns is None:
            return False
        sites = list(dict.fromkeys(pair.site_id for pair in decision.pairs))
        aliases = [
            Alias(site, pattern.category, pattern.action, activity_type) for site in sites for pattern in patterns
        ]
        add_aliases(self.path, aliases)
        self.named.append((decision, aliases))
        self.say(f"   [green]{one_line(', '.join(pattern.text for pattern in patterns[:3]))} = {activity_type}[/green]")
        return True

    def name_by_shape(self, decision: Decision) -> bool:
        """Ask what the records with each label shape are; False if none was named."""
        aliases: list[Alias] = []
        for shape, records in decision.shapes(self.shapes).items():
            self.say(f"Label {shape}, {counted(records, 'record')}: which activity type?")
            answer = self.ask("A number above, a name, s, o, or Enter to leave them open:")
            chosen = self.chosen(answer, decision) if answer else None
            chosen = self.ask_about_attendance(chosen) if chosen is not None else None
            if chosen is None:
                self.say(f"   Label {shape}: left open.")
                continue
            sites = list(dict.fromkeys(pair.site_id for pair in decision.pairs))
            aliases += [
                Alias(site, pattern.category, pattern.action, chosen, label_shape=shape)
                for site in sites
                for pattern in decision.literals
            ]
            self.say(f"   [green]{one_line(decision.text)}, label {shape} = {chosen}[/green]")
        if aliases:
            add_aliases(self.path, aliases)
            self.named.append((decision, aliases))
        return bool(aliases)

    def patterns(self, decision: Decision) -> tuple[Pattern, ...] | None:
        """The patterns of the rows: of texts of the event's own the person chooses whether others like them follow."""
        if decision.general is None:
            return decision.literals
        return self.general_or_not(decision, decision.general)

    def general_or_not(self, decision: Decision, general: Pattern) -> tuple[Pattern, ...] | None:
        """Show what a pattern takes, and let the person take it, write another one, or name the texts alone."""
        self.say(f"Name every text of this form, also of later reports? [bold]{one_line(general.text)}[/bold] takes:")
        taken = [pair for pair in decision.pairs if general.takes(pair.category, pair.action)]
        for pair in taken[:PREVIEW]:
            self.say(f"     {one_line(pair.text)} ({pair.records:,})")
        if len(taken) > PREVIEW:
            self.say(f"     and {len(taken) - PREVIEW:,} more unknown texts")
        for pair in [pair for pair in decision.others if general.takes(pair.category, pair.action)][:PREVIEW]:
            perhaps = pair.candidates[0].activity_type
            self.say(f"     [yellow]{one_line(pair.text)} ({pair.records:,}), which may be {perhaps}[/yellow]")
        besides = caught_besides(general, {pair.site_id for pair in decision.pairs}, self.recognised)
        for text, activity_type, records in besides[:PREVIEW]:
            self.say(f"     [yellow]{one_line(text)} ({records:,}), which is {activity_type} today[/yellow]")
        if len(besides) > PREVIEW:
            self.say(f"     [yellow]and {len(besides) - PREVIEW:,} more that are recognised today[/yellow]")
        this = "these texts alone" if len(decision.pairs) > 1 else "this text alone"
        self.say(
            f"  [bold]1[/bold]  every text of this form   [bold]2[/bold]  {this}   [bold]Enter[/bold]  choose again"
        )
        answer = self.ask("1, 2, or another pattern with * for any text?")
        if "*" not in answer:
            return {"1": (general,), "2": decision.literals}.get(answer)
        other = replace(general, category=answer) if general.category.endswith("*") else replace(general, action=answer)
        if all(other.takes(pair.category, pair.action) for pair in decision.pairs):
            return self.general_or_not(decision, other)
        self.say(f"{one_line(other.text)} does not take all of these texts.")
        return self.general_or_not(decision, general)
