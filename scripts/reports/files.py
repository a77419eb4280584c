"""Where reports come from: files, folders, globs, standard input, and what is packed in `.gz`, `.zip` and `.xlsx`.

Every report is handed on as a file of plain text under a name of ours. The type of a file is read from its first
bytes and not from its name. Names inside an archive are shown and never used as a path, and how much an archive may
unpack to is bounded, because a small one can fill a disk.
"""

from __future__ import annotations

import glob
import gzip
import lzma
import os
import re
import shutil
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, cast

from reports.encoding import beginning_of, survey
from reports.format import may_hold_report
from reports.text import ReportRefused
from reports.workbooks import Sheet, sheets_of, write_sheet
from warehouse.errors import disk_trouble

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".zip", ".xlsx")
# A second download of what reports are packed in.
_COPY = re.compile(r"\.(?:csv\.gz|tsv\.gz|zip|xlsx)(?: ?\(\d+\)|\.\d+)$", re.IGNORECASE)
# Names that a text of any kind may have, also packed, and a second download of a report: read if a report is in it.
_MAYBE = re.compile(
    r"(?:^[^.]+|\.(?:txt|tab|asc|dat|psv)|\.(?:csv|tsv|txt|tab)(?: ?\(\d+\)| copy| - copy|\.\d+))(?:\.gz)?$",
    re.IGNORECASE,
)
# The beginning of such a text, which is looked at.
_BEGINNING = 1 << 16
_OTHER_WORKBOOK = ("a workbook that is not read", "save it as .xlsx or as 'CSV UTF-8'")
_UNFINISHED_DOWNLOAD = ("a download that is not finished", "download it again")
# Of a file, and of the folder in which Safari keeps one.
_UNFINISHED = ".download"
# Why a file is passed over, by the end of its name: what that name says, and what to do.
PASSED_OVER = {
    (".xls", ".xlsb", ".xlsm", ".ods", ".numbers", ".fods"): _OTHER_WORKBOOK,
    (".crdownload", ".part", ".partial", _UNFINISHED, ".opdownload", ".tmp"): _UNFINISHED_DOWNLOAD,
    (".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".zst", ".lz4", ".gz", ".z"): (
        *("something packed in a way that is not read", "unpack it"),
    ),
    (".pdf", ".html", ".htm", ".mht", ".json", ".xml", ".parquet", ".doc", ".docx", ".rtf", ".eml", ".msg"): (
        *("no CSV", "download the report as CSV"),
    ),
}
_NO_FILE = "it is a link to nothing, or no ordinary file. Fix: put the file itself there."
# What systems and we ourselves put into folders.
_OURS = re.compile(r"(?:readme(?:\.\w+)?|\..*|thumbs\.db|desktop\.ini)", re.IGNORECASE)
_LOCK = re.compile(r"~\$|\.~lock\.")
# What iCloud leaves in the place of a file that it has taken away.
_ELSEWHERE = re.compile(r"\..+\.icloud", re.IGNORECASE)
STANDARD_INPUT = "-"

# A report packs to about a tenth. Deflate reaches 1:1032, on nothing but repetition.
MAX_RATIO = 250
RATIO_APPLIES_FROM = 64 << 20
MAX_UNPACKED_BYTES = 64 << 30
MAX_MEMBERS = 1000
# Excel takes 31.
MAX_NAME = 100
_CHUNK_BYTES = 1 << 20

# The first bytes of files that are no report, with their type.
OTHER_FORMATS = {
    b"\xd0\xcf\x11\xe0": ("a workbook of an old Excel or with a password", "save it as .xlsx or as 'CSV UTF-8'"),
    b"%PDF": ("a PDF", "download the report as CSV"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it"),
    b"BZh": ("packed by bzip2", "unpack it"),
    b"\xfd7zXZ": ("packed by xz", "unpack it"),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "unpack it"),
    b"PAR1": ("a Parquet file", "download the report as CSV"),
    b"\x89PNG": ("a picture", "download the report as CSV"),
    **dict.fromkeys((b"ID;PWXL", b"ID;PCALC", b"ID;PSCALC", b"TABLE\r\n0,1", b"TABLE\n0,1"), _OTHER_WORKBOOK),
}
# What a text says in its beginning if it is a workbook: of Excel 2003, of LibreOffice, or a web page that Excel saved.
_WORKBOOK_WORDS = (
    b"urn:schemas-microsoft-com:office:spreadsheet",
    b'progid="excel.sheet"',
    b"<office:document",
    b"urn:schemas-microsoft-com:office:excel",
)
_TAR, _TAR_PLACE = b"ustar", 257
_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
# zipfile lets these through where an archive is damaged: names that are not UTF-8, offsets before its beginning.
DAMAGED = (*UNREADABLE, ValueError, OverflowError, struct.error)
# Newer versions of zipfile refuse members that overlap, as those of a small archive that unpacks to a large one do.
_OVERLAP = "Overlapped entries"


@dataclass(frozen=True)
class ReportFile:
    """A report in a file, or as a part of one.

    Attributes:
        path: the file.
        file_format: ``csv``, ``gz``, ``zip`` or ``xlsx``.
        name: of the file, and of the member of the archive or the sheet of the workbook.
        unpack: writes the report as plain text to a path; None where the file is plain text itself.
        sheet: what was found in it while it was unpacked, if it is a sheet of a workbook.
    """

    path: Path
    file_format: str
    name: str
    unpack: Callable[[Path], None] | None = None
    sheet: Sheet = field(default_factory=Sheet, compare=False)

    @property
    def shown(self) -> str:
        """What the user knows it by: its path and what it is in there."""
        if str(self.path) == STANDARD_INPUT:
            return self.name
        return legible(str(self.path)) + self.name.removeprefix(legible(self.path.name))

    def as_text(self, folder: Path) -> Path:
        """The report as plain text, in a folder of ours or where it is.

        Raises:
            ReportRefused: it cannot be unpacked, or unpacks to too much.
        """
        if self.unpack is None:
            return self.path
        target = folder / "report.csv"
        try:
            self.unpack(target)
        except DAMAGED as error:
            if isinstance(error, OSError) and disk_trouble(str(error)):
                raise
            raise unreadable(error) from error
        return target


def legible(name: str) -> str:
    r"""A name of a file, whose bytes need not be UTF-8: those that are not are written out, such as \xe9."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def unreadable(error: BaseException) -> ReportRefused:
    """The message about a file that cannot be read."""
    if isinstance(error, zipfile.BadZipFile) and _OVERLAP in str(error):
        return ReportRefused(
            "the files in this archive overlap, so that it could unpack to many times its size: no report does."
            " Fix: if it is one all the same, unpack it yourself."
        )
    fix = "give your user the right to read it" if isinstance(error, PermissionError) else "download it again"
    return ReportRefused(f"it cannot be read: {_said(error)}. Fix: {fix}.")


def _said(error: BaseException) -> str:
    """What an error of a file says, without its path."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def find_reports(patterns: list[str]) -> list[Path]:
    """The report files that files, folders and globs name, each once, in the order of their paths.

    Links in a folder that lead out of it are left out: who may write to the folder decides about it and no more.

    Raises:
        FileNotFoundError: a path names nothing.
    """
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        if pattern == STANDARD_INPUT:
            found.add(path)
        elif path.is_dir():
            root = path.resolve()
            # is_file of pathlib raises for a file that the user may not look at.
            found.update(file for file in path.rglob("*") if os.path.isfile(file) and _why_not(root, file) is None)  # noqa: PTH113
        elif path.is_file():
            found.add(path)
        else:
            matches = [Path(match) for match in glob.glob(pattern, recursive=True)]  # noqa: PTH207 (takes absolute patterns)
            if not matches:
                raise FileNotFoundError(pattern)
            found.update(file for file in matches if file.is_file())
    return sorted(found)


@dataclass(frozen=True)
class PassedOver:
    """A file of a folder or of an archive that is not read, and why, with what to do about it."""

    path: Path
    reason: str
    member: str = ""

    @property
    def shown(self) -> str:
        """What the user knows it by."""
        return legible(str(self.path)) + (f" > {self.member}" if self.member else "")


def passed_over(patterns: list[str]) -> list[PassedOver]:
    """The files in folders and archives that are left out, but for those that systems put there."""
    left_out = []
    for given in map(Path, patterns):
        if str(given) == STANDARD_INPUT:
            continue
        root = given.resolve() if given.is_dir() else None
        closed: set[Path] = set()
        for file in [given, *sorted(given.rglob("*"))] if root else [given]:
            if file.parent in closed:
                continue
            if reason := _why_left_out(root, file):
                left_out.append(PassedOver(file, reason))
                closed.add(file)
            elif os.path.isfile(file):  # noqa: PTH113
                left_out += _left_in_archive(file)
    return left_out


def _why_left_out(root: Path | None, file: Path) -> str | None:
    """Why what is in a folder, or is named where there is none, is left out; None or '' if there is nothing to say."""
    # is_dir of pathlib raises where the user may not look at what a link leads to.
    if os.path.isdir(file):  # noqa: PTH112
        if root and not _OURS.fullmatch(file.name) and not _is_within(root, file):
            return "it is a link to a folder elsewhere. Fix: put the folder itself there, or load it by its name."
        is_open = os.access(file, os.R_OK | os.X_OK)
        return None if is_open else "your user may not look into this folder. Fix: give it the right to."
    if root:
        return _why_not(root, file)
    return _NO_FILE if os.path.lexists(file) and not file.is_file() else None


def _is_within(root: Path, path: Path) -> bool:
    """Whether a path leads to something in a folder; resolve of pathlib raises where links lead round in a circle."""
    return Path(os.path.realpath(path)).is_relative_to(root)


def _left_in_archive(path: Path) -> list[PassedOver]:
    """The members of an archive that are not read; none of an archive without a report: it is refused."""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(_ZIP):
                return []
        with zipfile.ZipFile(path) as archive:
            if _is_workbook(archive) or len(archive.infolist()) > MAX_MEMBERS:
                return []
            reasons = _members(archive)
    except DAMAGED:
        return []
    if None not in reasons.values():
        return []
    return [PassedOver(path, reason, member.filename) for member, reason in reasons.items() if reason]


def _why_not(root: Path, file: Path) -> str | None:
    """Why a file in a folder is not read; None if it is read, and '' if no message is needed."""
    name = file.name
    if not _OURS.fullmatch(name) and not _is_within(root, file):
        return "it is a link that leads out of the folder. Fix: put the file itself there."
    if not (_OURS.fullmatch(name) or file.is_file()):
        return _NO_FILE
    if file.parent.name.lower().endswith(_UNFINISHED) and file.parent.resolve() != root:
        return (
            "" if _OURS.fullmatch(name) else f"its folder is that of {_UNFINISHED_DOWNLOAD[0]}. Fix: download it again."
        )
    return _why_not_named(name, lambda: file.open("rb"))


def _why_not_named(name: str, opened: Callable[[], IO[bytes]]) -> str | None:
    """The same of a file or a member of an archive by its name, and by its beginning where the name says nothing.

    Args:
        name: without its folders.
        opened: opens it to read bytes.
    """
    if _LOCK.match(name):
        return "it is the lock of a workbook that is open. Fix: none is needed; close the workbook."
    if _ELSEWHERE.fullmatch(name):
        return "it is in the cloud, and not on this computer. Fix: open it once, so that it is downloaded."
    if _OURS.fullmatch(name):
        return ""
    if is_report(name) or _COPY.search(name):
        return None
    if _MAYBE.search(name):
        return _why_not_begun(opened)
    known = next((words for ends, words in PASSED_OVER.items() if name.lower().endswith(ends)), None)
    if known is not None:
        return f"its name is that of {known[0]}. Fix: {known[1]}."
    return f"its name ends like that of no report ({', '.join(SUFFIXES)}). Fix: rename it if it is one."


def _why_not_begun(opened: Callable[[], IO[bytes]]) -> str | None:
    """Why a text is not read, by its beginning; None if it is read."""
    try:
        with opened() as file:
            head = file.read(_BEGINNING)
        if head.startswith(_GZIP):
            with opened() as packed, gzip.open(packed) as unpacked:
                head = unpacked.read(_BEGINNING)
    except DAMAGED as error:
        return f"nobody can look into it: {_said(error)}. Fix: none is needed, if it is no report."
    if may_hold_report(beginning_of(head)):
        return None
    return "it does not begin with the header of a report. Fix: none is needed, if it is no report."


def is_report(name: str) -> bool:
    """Whether a name is that of a report, or of what reports are packed in."""
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "~$"))


def reports_in(path: Path) -> list[ReportFile]:
    """The reports that a file holds: itself, the members of an archive, or the sheets of a workbook.

    Raises:
        ReportRefused: it cannot be read, is of a format that holds no report, or is too large an archive.
    """
    if str(path) == STANDARD_INPUT:
        return [ReportFile(path, "csv", "standard input", _spool_standard_input)]
    try:
        with path.open("rb") as file:
            head = file.read(512)
        if head.startswith(_GZIP):
            return [ReportFile(path, "gz", legible(path.name), partial(_unpack_gzip, path))]
        if head.startswith((_ZIP, _EMPTY_ZIP)):
            return _in_archive(path)
    except DAMAGED as error:
        raise unreadable(error) from error
    refuse_other_formats(head)
    return [ReportFile(path, "csv", legible(path.name))]


def hashes_in(path: Path, folder: Path) -> Iterator[str]:
    """The hashes of the reports in a file; none of what cannot be read, or only once.

    Args:
        path: the file.
        folder: where they may be unpacked.
    """
    if str(path) == STANDARD_INPUT:
        return
    with suppress(ReportRefused, OSError):
        for report in reports_in(path):
            with suppress(ReportRefused, OSError):
                yield survey(report.as_text(folder)).sha256


def refuse_other_formats(head: bytes) -> None:
    """Raise ReportRefused if the first bytes are those of something else than text in columns."""
    for magic, (what, fix) in OTHER_FORMATS.items():
        if head.startswith(magic):
            raise ReportRefused(f"it is {what}, and no CSV. Fix: {fix}.")
    if head.startswith(_TAR, _TAR_PLACE):
        raise ReportRefused("it is a tar archive, and no CSV. Fix: unpack it.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    if start.startswith(b"<") and any(words in head.lower() for words in _WORKBOOK_WORDS):
        raise ReportRefused(_is_other_workbook())
    if start.startswith(b"<?xml") and b"html" not in head.lower():
        raise ReportRefused("it is XML, and no CSV. Fix: download the report as CSV.")
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise ReportRefused(
            "it is a web page, such as one that says that a session has expired. Fix: log in and download it again."
        )
    if start.startswith((b"<table", b"<thead", b"<tr", b"<div", b"<meta", b"<style", b"<title", b"<!--")):
        raise ReportRefused("it is a web page, and no CSV. Fix: download the report as CSV.")
    if start.startswith((b'{"', b"[{", b"{\n", b"{\r")):
        raise ReportRefused("it is JSON, and no CSV. Fix: download the report as CSV.")


def _is_other_workbook() -> str:
    what, fix = _OTHER_WORKBOOK
    return f"it is {what}, and no CSV. Fix: {fix}."


def _in_archive(path: Path) -> list[ReportFile]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise ReportRefused(
                f"it holds {len(members):,} files; more than {MAX_MEMBERS:,} are not unpacked. Fix: unpack it yourself."
            )
        if _is_workbook(archive):
            return _in_workbook(path, members)
        reasons = _members(archive)
        is_other_workbook = _is_other_workbook_packed(archive)
    reports = [
        ReportFile(path, "zip", f"{legible(path.name)} > {member.filename}", partial(_unpack_member, path, member))
        for member, reason in reasons.items()
        if reason is None
    ]
    if not reports and is_other_workbook:
        raise ReportRefused(_is_other_workbook())
    if not reports:
        raise ReportRefused(f"it holds no report ({', '.join(SUFFIXES)}). Fix: see what is in it.")
    return reports


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def _is_other_workbook_packed(archive: zipfile.ZipFile) -> bool:
    """Whether an archive is a workbook of LibreOffice or Numbers."""
    names = archive.namelist()
    if "mimetype" in names:
        with _opened(archive, archive.getinfo("mimetype")) as file:
            return file.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    return any(name.startswith("Index/") and name.endswith(".iwa") for name in names)


def _members(archive: zipfile.ZipFile) -> dict[zipfile.ZipInfo, str | None]:
    """The files in an archive in the order of their names, and why each is not read (``_why_not_named``)."""
    return {
        member: _why_not_named(_name_in_archive(member), partial(_opened, archive, member))
        for member in sorted(archive.infolist(), key=lambda member: member.filename)
        if _is_member(member)
    }


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    if member.flag_bits & 1:
        raise RuntimeError("it is locked with a password")
    return archive.open(member)


def _is_member(member: zipfile.ZipInfo) -> bool:
    # A member without a name is no folder either, and zipfile fails of it.
    return bool(member.filename) and not member.is_dir() and not member.filename.startswith("__MACOSX/")


def _name_in_archive(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename.replace("\\", "/")).name


def _in_workbook(path: Path, members: list[zipfile.ZipInfo]) -> list[ReportFile]:
    if any(member.flag_bits & 1 for member in members):
        raise ReportRefused("it is locked with a password. Fix: save it without one, or as 'CSV UTF-8'.")
    packed = _measure(path, members)
    most = max(RATIO_APPLIES_FROM, MAX_RATIO * packed)
    sheets = sheets_of(path)
    if not sheets:
        raise ReportRefused("it is a workbook without a sheet. Fix: save it again as .xlsx or as 'CSV UTF-8'.")
    reports = []
    for number, name in sheets:
        shown = legible(path.name) if len(sheets) == 1 else f"{legible(path.name)} > {_shortened(name)}"
        sheet = Sheet()
        reports.append(ReportFile(path, "xlsx", shown, partial(write_sheet, path, number, most, sheet), sheet))
    return reports


def _shortened(name: str) -> str:
    """The name of a sheet, which a crafted workbook may make megabytes long."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def _measure(path: Path, members: list[zipfile.ZipInfo]) -> int:
    """The bytes of a workbook.

    Raises:
        ReportRefused: it unpacks to many times as many.
    """
    packed = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        unpacked = 0
        for member in members:
            with archive.open(member) as file:
                # zipfile reads no more than the member says to be, and raises where there is more.
                unpacked = _copy(file, None, packed, unpacked)
    return packed


def _unpack_gzip(path: Path, target: Path) -> None:
    with gzip.open(path, "rb") as file, target.open("wb") as copy:
        _copy(cast(IO[bytes], file), copy, path.stat().st_size)
    _refuse_packed(target)


def _unpack_member(path: Path, member: zipfile.ZipInfo, target: Path) -> None:
    if member.flag_bits & 1:
        raise ReportRefused("it is locked with a password. Fix: unpack it yourself.")
    with zipfile.ZipFile(path) as archive, archive.open(member) as file, target.open("wb") as copy:
        # An archive may say of a part that it is larger than the whole.
        _copy(file, copy, min(member.compress_size, path.stat().st_size))
    _refuse_packed(target)


def _refuse_packed(
    target: Path, packed: str = "it is an archive inside an archive. Fix: unpack the outer one."
) -> None:
    """Raise ReportRefused if what was unpacked is packed again, or of another format."""
    with target.open("rb") as file:
        head = file.read(512)
    if head.startswith((_GZIP, _ZIP, _EMPTY_ZIP)):
        raise ReportRefused(packed)
    refuse_other_formats(head)


def _copy(source: IO[bytes], target: IO[bytes] | None, packed: int, copied: int = 0) -> int:
    """Copy what comes out of an archive, count it, and stop where it becomes too much.

    Raises:
        ReportRefused: it is more than an archive of reports could hold.
    """
    while chunk := source.read(_CHUNK_BYTES):
        copied += len(chunk)
        if copied > MAX_UNPACKED_BYTES or (copied > RATIO_APPLIES_FROM and copied > MAX_RATIO * packed):
            raise ReportRefused(
                f"it unpacks to more than {copied >> 20:,} MB, {MAX_RATIO} times its size: no report does."
                " Fix: if it is one all the same, unpack it yourself."
            )
        if target is not None:
            target.write(chunk)
    return copied


def _spool_standard_input(target: Path) -> None:
    if sys.stdin is None:
        raise ReportRefused("it is closed. Fix: give the name of the file.")
    with target.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    _refuse_packed(target, "it is packed, and standard input is read as it is. Fix: give the name of the file.")
