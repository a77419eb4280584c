"""The signs of an e-mail address in each way that people and programs write them, as regular expressions."""

from __future__ import annotations

# A program that leads on to an address writes its codes again, each with %25 in place of its %.
PERCENT = "%(?:25)*"
AT = rf"(?:[@＠]|{PERCENT}40|&#(?:0*64|x0*40);|&commat;| ?[(\[]at[)\]] ?)"
DOT = rf"(?:[.]|{PERCENT}2e| ?[(\[]dot[)\]] ?)"
