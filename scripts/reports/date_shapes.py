"""How a date is written, by its shape: the text with a 9 in the place of each digit.

All texts of one shape have their parts at the same places, so a report's few shapes are understood once, in Python, and
its many dates are read by DuckDB (``reports.dates``). Day and month stay in their order in the text: which is
which, the whole report decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from reports.date_formats import COMPACT, EPOCH, MONTH_BY_NAME, SPREADSHEET_DAYS

# Full names and what they are shortened to, in the languages of the platform's users; letter case is ignored.
MONTHS = (
    "jan january januar jänner janvier janv ene enero gennaio gen janeiro januari",
    "feb february februar février févr fév febrero febbraio fevereiro fev februari",
    "mar march märz mrz mär mars marzo março maart mrt",
    "apr april avril avr abr abril aprile",
    "may mai mayo maggio mag maio mei",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august août aoû ago agosto augustus",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez décembre déc dic diciembre dicembre dezembro",
)
# Of other languages, with the case of a date. What is another month in Croatian (listopada, lip, srp) is left out.
MONTHS_OF = (
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta"
    " marraskuuta joulukuuta",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października - grudnia",
    "sty lut mar kwi maj cze - sie wrz paź - gru",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
    "január február március április május június július augusztus szeptember október november december",
    "jan febr márc ápr máj jún júl aug szept okt nov dec",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "ian feb mar apr mai iun iul aug sept oct nov dec",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "янв февр мар апр мая июн июл авг сент окт нояб дек",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "oca şub mar nis may haz tem ağu eyl eki kas ara",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "jan feb mar apr mei jun jul agu sep okt nov des",
)
MONTH_NUMBERS = {
    name: number
    for names in (MONTHS, *(language.split() for language in MONTHS_OF))
    for number, forms in enumerate(names, 1)
    for name in forms.split()
    if name != "-"
}
# The same of weekdays, a line for each language.
WEEKDAYS = (
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday",
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche",
    "mié jue vie sáb dom lunes martes miércoles jueves viernes sábado domingo",
    "gio lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "seg ter qua qui sex segunda terça quarta quinta sexta",
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira",
    "ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
    "måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag",
    "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
    "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "pondělí úterý středa čtvrtek pátek sobota neděle pondelok utorok streda štvrtok piatok nedeľa",
    "hétfő kedd szerda csütörtök péntek szombat vasárnap",
    "luni marți miercuri joi vineri sâmbătă duminică",
    "понедельник вторник среда четверг пятница суббота воскресенье",
    "понеділок вівторок середа четвер пʼятниця субота неділя",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    "senin selasa rabu kamis jumat sabtu minggu",
)
WEEKDAY_NAMES = frozenset(name for names in WEEKDAYS for name in names.split())
# Turkish, Hungarian, Malay, Afrikaans, Czech, Slovene, Finnish, Albanian, Bulgarian, Ukrainian, Persian, Hebrew and
# Hindi are in the second lines.
AM = (
    r"a\.? ?m\.?|上午|凌晨|早上|清晨|午前|오전|ص|π\.?μ\.?"
    r"|öö|de\.|pg|vm\.?|dop\.?|ap\.|e paradites|пр\. ?об\.?|дп|ق\. ?ظ\.?|לפנה[\"״]צ|पूर्वाह्न"
)
PM = (
    r"p\.? ?m\.?|下午|傍晚|午後|오후|م|μ\.?μ\.?"
    r"|ös|du\.|ptg|nm\.?|odp\.?|pop\.?|ip\.|e pasdites|сл\. ?об\.?|пп|ب\. ?ظ\.?|אחה[\"״]צ|अपराह्न"
)
# In Chinese noon begins before 12, and 12 in the evening is no hour of the same day.
NOON, EVENING = "中午", "晚上"
# Minutes that a named zone is ahead of UTC. A name that means several zones is not here.
OFFSETS = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("west", "cet", "mez"), 60),
    **dict.fromkeys(("cest", "mesz", "eet"), 120),
    **dict.fromkeys(("eest", "msk"), 180),
    "edt": -240,
    "est": -300,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "akst": -540,
    "akdt": -480,
    "hst": -600,
    "brt": -180,
    "sast": 120,
    "idt": 180,
    "pkt": 300,
    "sgt": 480,
    "hkt": 480,
    "jst": 540,
    "kst": 540,
    "aest": 600,
    "aedt": 660,
    "acst": 570,
    "acdt": 630,
    "awst": 480,
    "nzst": 720,
    "nzdt": 780,
}
# Names of zones with summer time, as people in the United States write them.
ZONE_NAMES = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
# Names that mean several zones, and these: such a time is one of the declared zone, if there is one.
UNCLEAR_ZONES = {
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
    "sst": ("Asia/Singapore", "Pacific/Pago_Pago"),
    "gst": ("Asia/Dubai", "Atlantic/South_Georgia"),
}
# Windows calls a zone with summer time by the name of its standard time, so these are zones the whole year.
LONG_ZONES = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "us mountain standard": "America/Phoenix",
    "canada central standard": "America/Regina",
    "alaska": "America/Anchorage",
    "alaskan standard": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "hawaiian standard": "Pacific/Honolulu",
    "atlantic": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "e. south america standard": "America/Sao_Paulo",
    "brasilia": "America/Sao_Paulo",
    "argentina": "America/Argentina/Buenos_Aires",
    "sa pacific standard": "America/Bogota",
    "pacific sa standard": "America/Santiago",
    "greenwich mean": "Etc/UTC",
    "coordinated universal": "Etc/UTC",
    "universal": "Etc/UTC",
    "greenwich standard": "Atlantic/Reykjavik",
    "gmt standard": "Europe/London",
    "western european": "Europe/Lisbon",
    "central european": "Europe/Berlin",
    "eastern european": "Europe/Helsinki",
    "w. europe standard": "Europe/Berlin",
    "central europe standard": "Europe/Budapest",
    "romance standard": "Europe/Paris",
    "e. europe standard": "Europe/Chisinau",
    "fle standard": "Europe/Helsinki",
    "gtb standard": "Europe/Bucharest",
    "turkey": "Europe/Istanbul",
    "russian standard": "Europe/Moscow",
    "moscow": "Europe/Moscow",
    "israel": "Asia/Jerusalem",
    "arab standard": "Asia/Riyadh",
    "arabian standard": "Asia/Dubai",
    "gulf": "Asia/Dubai",
    "egypt": "Africa/Cairo",
    "south africa": "Africa/Johannesburg",
    "e. africa standard": "Africa/Nairobi",
    "w. central africa standard": "Africa/Lagos",
    "india": "Asia/Kolkata",
    "indian": "Asia/Kolkata",
    "pakistan": "Asia/Karachi",
    "bangladesh": "Asia/Dhaka",
    "sri lanka": "Asia/Colombo",
    "se asia standard": "Asia/Bangkok",
    "singapore": "Asia/Singapore",
    "china": "Asia/Shanghai",
    "hong kong": "Asia/Hong_Kong",
    "taipei": "Asia/Taipei",
    "tokyo": "Asia/Tokyo",
    "japan": "Asia/Tokyo",
    "korea": "Asia/Seoul",
    "aus eastern standard": "Australia/Sydney",
    "australian eastern": "Australia/Sydney",
    "e. australia standard": "Australia/Brisbane",
    "w. australia standard": "Australia/Perth",
    "new zealand": "Pacific/Auckland",
}
# Minutes ahead of UTC of times that are not of the whole year.
LONG_OFFSETS = {
    "eastern daylight": -240,
    "central daylight": -300,
    "mountain daylight": -360,
    "pacific daylight": -420,
    "alaska daylight": -480,
    "atlantic daylight": -180,
    "british summer": 60,
    "western european summer": 60,
    "central european summer": 120,
    "eastern european summer": 180,
    # Brisbane has this one in summer too.
    "australian eastern standard": 600,
    "australian eastern daylight": 660,
    "new zealand daylight": 780,
}

_WORD = r"[^\W\d_]+"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>9999) ?(?P<sep>[-/.年년]) ?(?P<m>99?) ?[-/.月월] ?(?P<d>99?)(?!9) ?[日일.]?",
        r"(?<!9)(?P<a>99?) ?(?P<sep>[-/.]) ?(?P<b>99?) ?(?P=sep) ?(?P<y>9999|99?)(?!9)",
        rf"(?P<y>9999)[-/. ]+(?P<mon>{_WORD})\.?[-/. ](?P<d>99?)(?!9)",
        rf"(?<!9)(?P<d>99?)(?:st|nd|rd|th|er|\.|º)?[-/. ]*(?:de |of )?(?P<mon>{_WORD})\.?,?[-/. ]*"
        r"(?:de |del )?(?P<y>9999|99)(?![9:])",
        rf"(?P<mon>{_WORD})\.?[-. ]+(?P<d>99?)(?:st|nd|rd|th)?,? +(?P<y>9999)(?!9)",
        # ctime: the year comes after the time
        rf"(?P<mon>{_WORD}) +(?P<d>99?) (?=99:99:99\b.*?(?P<y>9999)$)",
        r"(?<!9)(?P<y>9999)(?P<m>99)(?P<d>99)(?!9)",
        r"^(?P<y>9999)(?P<m>99)(?P<d>99)(?P<H>99)(?P<M>99)(?P<S>99)?(?:\.9+)?(?!9)",
    )
)
_TIMES = (
    re.compile(
        # 8.2 may be 8.20 whose zero was lost, so one digit behind a point is a minute only where seconds follow.
        r"(?<![9.])(?P<H>99?) ?(?:[:h時时点시]|\.(?= ?99| ?9[.:]9)) ?(?P<M>99|9(?!9)) ?[分분]?"
        r"(?:(?:[:.] ?|(?<=[分분]) ?| ?(?=99))(?P<S>99?)(?!9)(?: ?[秒초]| ?s(?![^\W\d_]))?(?:[.,:]9{1,9})?)?(?![9:])",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![9.])(?P<H>99)(?P<M>99)(?P<S>99)?(?:\.9+)?(?!9)"),
    # only the hour, with AM or PM
    re.compile(rf"(?<![9.])(?P<H>99?)(?= ?(?:{AM}|{PM}))", re.IGNORECASE),
)
# Those of Vietnamese and Swedish stand behind the time: a German Saturday is SA, too, and em is Portuguese for on.
_HALVES = {
    half: re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", re.IGNORECASE)
    for half, words in (
        ("am", rf"{AM}|sa$|f\.?m\.?$"),
        ("pm", rf"{PM}|ch$|e\.?m\.?$"),
        ("noon", NOON),
        ("evening", EVENING),
    )
}
# German for on, before a day.
_ON = re.compile(r"(?<![^\W\d_])am +$", re.IGNORECASE)
_GERMAN = re.compile(r"\b(?:um|uhr)\b", re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT|Z)? ?(?P<sign>[+\-−])(?P<oh>99?)(?::?(?P<om>99))?(?!9)", re.IGNORECASE)
_ZONE = re.compile(r"[A-Za-z]+(?:/[A-Za-z_+\-]+)+")
_LONG_NAMES = "|".join(map(re.escape, sorted((*LONG_ZONES, *LONG_OFFSETS), key=len, reverse=True)))
_LONG_ZONE = re.compile(
    rf"(?<![\w.])(?P<us>u\.?s\.? )?(?P<name>{_LONG_NAMES})(?P<standard> standard)? time(?!\w)", re.IGNORECASE
)
_US_AND_CANADA = re.compile(r"\(U\.?S\.? ?(?:&|and) ?Canada\)", re.IGNORECASE)
_FILLERS = re.compile(
    r"\b(?:at|den|le|um|uhr|à|a las|às|alle|kl|klo|o'clock|heures?|pukul|г|р|в|о)\b\.?|[,()|]|(?<= )-(?= )",
    re.IGNORECASE,
)
_NUMBERS = {
    "serial": re.compile(r"99999(?:[.,]9+)?"),
    "seconds": re.compile(r"9{10}(?:[.,]9+)?"),
    "milliseconds": re.compile(r"9{13}(?:[.,]9+)?"),
    "microseconds": re.compile(r"9{16}"),
    "nanoseconds": re.compile(r"9{19}"),
}
# What the loader reads as it is: such a report needs no other reading. DATE_FORMATS and a cast read each of these; what
# is here and is not there is read by nothing.
PLAIN = re.compile(
    r"9999-99?-99? 99?:99(?::99(?:\.9{1,6})?)?|9999-99?-99?T99?:99:99|9999/99?/99? 99?:99(?::99)?"
    r"|99?([/-])99?\1(?:9999|99) 99?:99(?::99)?(?: [APap][Mm])?|99?\.99?\.(?:9999|99) 99?:99(?::99)?"
)
WITH_OFFSET = re.compile(r"9999-99-99[ T]99:99:99(?:\.9+)? ?(?:Z|[+-]99(?::?99)?)")


@dataclass(frozen=True)
class Part:
    """The place of a part of a date in its text: its first character (counted from 1), and how many there are."""

    start: int = 0
    length: int = 0


NO_PART = Part()


@dataclass(frozen=True)
class Plan:
    """How the dates of a shape are read.

    Attributes:
        kind: ``parts``, or what a number counts: ``serial``, ``seconds``, ``milliseconds``, …
        separator: between day and month, where their order is not known; '' where it is.
        year, first, second: the date; first and second are month and day, or as they stand.
        month: the month, where it has a name.
        hour, minute, seconds: the time of the day.
        half: ``am`` or ``pm``; ``noon`` or ``evening`` where those have words of their own.
        zone: a zone that is named, of the IANA.
        offset_minutes: that of a zone with a fixed one.
        sign, offset_hour, offset_minute: those in the text.
        unclear: a zone that is named and could be several.
        tells_time: whether it has more than a date.
    """

    kind: str
    separator: str = ""
    year: Part = NO_PART
    first: Part = NO_PART
    second: Part = NO_PART
    month: int | None = None
    hour: Part = NO_PART
    minute: Part = NO_PART
    seconds: Part = NO_PART
    half: str | None = None
    zone: str | None = None
    offset_minutes: int | None = None
    sign: int = 0
    offset_hour: Part = NO_PART
    offset_minute: Part = NO_PART
    unclear: str | None = None
    tells_time: bool = True

    @property
    def form(self) -> str | None:
        """The name of a form that is not read as it is written; None if it is a usual one."""
        if self.kind != "parts":
            return SPREADSHEET_DAYS if self.kind == "serial" else EPOCH
        if self.month is not None:
            return MONTH_BY_NAME
        return COMPACT if self.first.start == self.year.start + self.year.length else None


def plan_of(shape: str, *, has_halves: bool = True) -> Plan | None:
    """How the dates of a shape are read; None if that is not known.

    Args:
        shape: the shape.
        has_halves: whether AM and PM in it say which half of the day it is.
    """
    number, _, behind = shape.partition(" ")
    for kind, pattern in _NUMBERS.items():
        if pattern.fullmatch(number) and (zone := _zone_in(behind)) is not None and "sign" not in zone:
            return Plan(kind, tells_time=len(number) > len("99999"), **zone)
    for pattern in _DATES:
        found = pattern.search(shape)
        if found is None:
            continue
        months = found.groupdict().get("mon")
        month = MONTH_NUMBERS.get(months.lower()) if months else None
        if months and month is None:
            continue
        plan = _with_time(shape, found, month)
        if plan is not None:
            return plan if has_halves else replace(plan, half=None)
    return None


def _part(found: re.Match[str] | None, name: str) -> Part:
    if found is None or found.groupdict().get(name) is None:
        return NO_PART
    return Part(found.start(name) + 1, found.end(name) - found.start(name))


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _with_time(shape: str, date: re.Match[str], month: int | None) -> Plan | None:
    """The plan of a shape whose date was found; None if the text holds something else that is not known."""
    names = date.groupdict()
    rest = _blanked(shape, *date.span())
    if names.get("y") and date.end() < date.end("y"):
        rest = _blanked(rest, *date.span("y"))
    time: re.Match[str] | None = date
    if not names.get("H"):
        time = next((found for one in _TIMES if (found := one.search(rest)) is not None), None)
    if (on := _ON.search(shape[: date.start()])) and (_GERMAN.search(rest) or not _touch(shape, time, on)):
        rest = _blanked(rest, *on.span())
    halves = [(half, found) for half, pattern in _HALVES.items() for found in pattern.finditer(rest)]
    half = next((half for half, found in halves if _touch(shape, time, found)), None)
    if time is not None and time is not date:
        rest = _blanked(rest, *time.span())
    for one, found in halves:
        if one == half:
            rest = _blanked(rest, *found.span())
    zone = _zone_in(rest)
    if zone is None:
        return None
    return Plan(
        "parts",
        names.get("sep", "") or "" if names.get("a") else "",
        _part(date, "y"),
        _part(date, "a") if names.get("a") else _part(date, "m"),
        _part(date, "b") if names.get("a") else _part(date, "d"),
        month,
        hour=_part(time, "H"),
        minute=_part(time, "M"),
        seconds=_part(time, "S"),
        half=half,
        tells_time=time is not None,
        **zone,
    )


def _touch(shape: str, one: re.Match[str] | None, other: re.Match[str]) -> bool:
    """Whether nothing stands between two parts of a date."""
    if one is None:
        return False
    first, second = sorted((one.span(), other.span()))
    return not shape[first[1] : second[0]].strip(" .,")


def _zone_in(rest: str) -> dict[str, Any] | None:
    """What is left of a date says of its zone; None if it is no zone."""
    rest = _US_AND_CANADA.sub(lambda found: " " * len(found.group()), rest)
    named = re.search(r"\([^)]*\)", rest)
    if named is None:
        return _zone_of(rest)
    outside = _blanked(rest, *named.span())
    zone = _zone_of(outside)
    if zone is None:
        return None
    # Brackets may hold the zone, such as (CEST), or the name of one before them: (Central European Summer Time). What
    # follows them is of the title.
    start, end = named.start() + 1, named.end() - 1
    inside = _zone_of(" " * start + rest[start:end] + " " * (len(rest) - end))
    if inside is None and _LONG_ZONE.search(outside):
        # Central Standard Time (Mexico) is another zone than that of Chicago.
        return None
    if not zone or (inside and not _zone_of(rest[: named.start()])):
        return inside
    return zone


def _zone_of(rest: str) -> dict[str, Any] | None:
    """The zone that words and numbers say; None if one of them is no part of a zone."""
    text = rest
    zone: dict[str, Any] = {}
    found = _OFFSET.search(text)
    iana = _ZONE.search(text)
    if iana:
        zone = {"zone": iana.group()}
        text = _blanked(text, *iana.span())
    if found:
        # In the names of POSIX the sign is the other way round: Etc/GMT-2 is two hours ahead of UTC.
        is_ahead = (found["sign"] == "+") is not rest[: found.start()].lower().endswith("etc/")
        zone = {"sign": 1 if is_ahead else -1}
        zone |= {"offset_hour": _part(found, "oh"), "offset_minute": _part(found, "om")}
        text = _blanked(text, *found.span())
    if long := _LONG_ZONE.search(text):
        zone = zone or _long_zone("us " if long["us"] else "", long["name"].lower(), long["standard"] or "")
        text = _blanked(text, *long.span())
    text = _FILLERS.sub(" ", text)
    for word in re.split(r"[ .,;\[\]]+", text):
        lower = word.lower()
        if not zone and lower in OFFSETS:
            zone = {"offset_minutes": OFFSETS[lower]}
        elif not zone and lower in ZONE_NAMES:
            zone = {"zone": ZONE_NAMES[lower]}
        elif not zone and lower in UNCLEAR_ZONES:
            zone = {"unclear": word}
        elif zone and (lower in OFFSETS or lower in UNCLEAR_ZONES):
            continue
        elif lower not in WEEKDAY_NAMES and lower not in ("", "t"):
            return None
    return zone


def _long_zone(us: str, name: str, standard: str) -> dict[str, Any]:
    """The zone of a long name, the longest form of it that is known."""
    for full in (us + name + standard.lower(), us + name, name + standard.lower(), name):
        if full in LONG_OFFSETS:
            return {"offset_minutes": LONG_OFFSETS[full]}
        if full in LONG_ZONES:
            return {"zone": LONG_ZONES[full]}
    return {}
