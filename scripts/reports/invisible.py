"""The invisible characters: blanks of all scripts, marks of direction and width, NUL.

They are listed, not taken from Unicode's classes, because engines know different versions of it, and the class of
format characters holds those that flags are made of.
"""

from __future__ import annotations

import re

# Blanks, marks and controls; a class of RE2, of Java, and with \x{…} written out of Python.
INVISIBLE = (
    r"\x00-\x20\x7f-\xa0\xad\x{34f}\x{61c}\x{115f}\x{1160}\x{1680}\x{180e}\x{2000}-\x{200f}\x{2028}-\x{202f}"
    r"\x{205f}-\x{206f}\x{2800}\x{3000}\x{3164}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}"
)
# Those of them that take no place, so that they are in no id.
FORMAT = (
    r"\x00-\x08\x0e-\x1f\x7f-\x9f\xad\x{34f}\x{61c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}"
    r"\x{feff}\x{fff9}-\x{fffb}"
)


def of_python(characters: str) -> str:
    """A class of characters as Python writes it."""
    return re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: f"\\u{int(found[1], 16):04x}", characters)


def _all_of(characters: str) -> str:
    """Each character of a class."""
    literal = re.sub(r"\\x\{?([0-9a-f]+)\}?", lambda found: chr(int(found[1], 16)), characters)
    ranges = re.findall("(.)(?:-(.))?", literal, re.DOTALL)
    return "".join(chr(sign) for first, last in ranges for sign in range(ord(first), ord(last or first) + 1))


_EDGES = _all_of(INVISIBLE)
ALL_FORMAT = _all_of(FORMAT)
_INSIDE = re.compile(f"[{of_python(FORMAT)}]+")


def without_invisible(text: str) -> str:
    """A text without characters that take no place, and without blanks around it."""
    # Not by one pattern: that would look for the end of the text from each of 600,000 blanks in it.
    return _INSIDE.sub("", text.strip(_EDGES))
