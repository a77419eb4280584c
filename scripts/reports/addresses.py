"""The signs of an e-mail address in each way that people and programs write them, as regular expressions."""

from __future__ import annotations

import unicodedata

from reports.invisible import ALL_FORMAT, FORMAT

# A program that leads on to an address writes its codes again, each with %25 in place of its %.
PERCENT = "%(?:25)*"
AT = rf"(?:[@＠]|{PERCENT}40|&#(?:0*64|x0*40);|&commat;| ?[(\[]at[)\]] ?)"
DOT = rf"(?:[.]|{PERCENT}2e| ?[(\[]dot[)\]] ?)"

# A sign that looks like one of an address is it: in full width or small, a dash of any length, a full stop of
# Chinese, a blank of any width. What takes no place is nothing.
_WIDE = {
    sign: unicodedata.normalize("NFKC", sign) for sign in map(chr, (*range(0xFE50, 0xFE70), *range(0xFF01, 0xFF5F)))
}
_SIGNS = {
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    ".": "\u2024\u3002\uff61",
    " ": "\u00a0\u2002\u2003\u2009\u202f\u3000",
}
LOOK_ALIKE = {
    **{sign: plain for sign, plain in _WIDE.items() if len(plain) == 1 and plain.isascii()},
    **{sign: plain for plain, signs in _SIGNS.items() for sign in signs},
}
# For ``translate`` of SQL, which drops what has no counterpart.
TRANSLATED = "".join(LOOK_ALIKE) + ALL_FORMAT
TRANSLATION = "".join(LOOK_ALIKE.values())
# Few texts have one, and to ask that takes a twentieth of translating them.
IS_TRANSLATED = f"[{FORMAT}{''.join(LOOK_ALIKE)}]"
