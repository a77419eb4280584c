"""The orders of day, month and year in a date, and the strptime formats that each stands for."""

from __future__ import annotations

DEFAULT_DATE_FORMAT = "yyyy-MM-dd"
WITH_OFFSET = "ISO 8601 with offset"
EPOCH = "epoch"
SPREADSHEET_DAYS = "spreadsheet days"
MONTH_BY_NAME = "month by name"
COMPACT = "yyyyMMdd"
# Forms that are brought into the usual one before they are read (reports.date_shapes).
FORMS = (EPOCH, SPREADSHEET_DAYS, MONTH_BY_NAME, COMPACT)

_HOURS = (" %H:%M:%S", " %H:%M")
_HALF_DAYS = (*_HOURS, " %I:%M:%S %p", " %I:%M %p")
_ISO = (*_HOURS, "T%H:%M:%S", " %H:%M:%S.%f")
DATE_FORMATS: dict[str, tuple[str, ...]] = {
    order: tuple(day + time for day in days for time in times)
    for order, days, times in (
        ("yyyy-MM-dd", ("%Y-%m-%d",), _ISO),
        ("yyyy/MM/dd", ("%Y/%m/%d",), _HOURS),
        ("dd/MM/yyyy", ("%d/%m/%y", "%d/%m/%Y"), _HALF_DAYS),
        ("MM/dd/yyyy", ("%m/%d/%y", "%m/%d/%Y"), _HALF_DAYS),
        ("dd.MM.yyyy", ("%d.%m.%y", "%d.%m.%Y"), _HOURS),
        ("dd-MM-yyyy", ("%d-%m-%y", "%d-%m-%Y"), _HALF_DAYS),
        ("MM-dd-yyyy", ("%m-%d-%y", "%m-%d-%Y"), _HALF_DAYS),
        ("yy-MM-dd", ("%y-%m-%d",), _HALF_DAYS),
        ("yy/MM/dd", ("%y/%m/%d",), _HALF_DAYS),
        ("yy.MM.dd", ("%y.%m.%d",), _HOURS),
        ("MM.dd.yyyy", ("%m.%d.%y", "%m.%d.%Y"), _HOURS),
        ("yyyy-dd-MM", ("%Y-%d-%m",), _ISO),
        ("yyyy/dd/MM", ("%Y/%d/%m",), _HOURS),
        *((form, ("%Y-%m-%d",), _HOURS[:1]) for form in FORMS),
        # Read by DuckDB's own cast: strptime knows no Z.
        (WITH_OFFSET, (), ()),
    )
}
# Hardly anybody writes these: without a declaration they are taken only where they read more dates than any other.
SELDOM = ("MM.dd.yyyy", "yyyy-dd-MM", "yyyy/dd/MM")
# Years of two digits that come first look like days.
YEAR_FIRST = ("yy-MM-dd", "yy/MM/dd", "yy.MM.dd")
# How numbers of so many digits may be meant. The first is how they are read if no other fits.
NUMBER_READINGS = {
    10: (EPOCH, "%y%m%d%H%M", "%d%m%y%H%M", "%m%d%y%H%M"),
    12: ("%Y%m%d%H%M", "%y%m%d%H%M%S", "%d%m%y%H%M%S", "%m%d%y%H%M%S", "%d%m%Y%H%M", "%m%d%Y%H%M"),
}


def day_is_first(date_format: str) -> bool | None:
    """Whether a format has the day before the month, so that dates can be read in the other order; None if neither."""
    first = DATE_FORMATS.get(date_format, (date_format,))[:1]
    places = [("".join(first).find(sign)) for sign in ("%d", "%m")]
    year = min((place for sign in "Yy" if (place := "".join(first).find(f"%{sign}")) >= 0), default=-1)
    if min(places) < 0 or 0 <= year < min(places):
        return None
    return places[0] < places[1]
