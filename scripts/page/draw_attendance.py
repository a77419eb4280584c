"""Draw the attendance of the published sessions as an SVG: each a bracket from what is proven to what is possible.

The picture of the README is drawn from the sample by ``make picture``; a test draws it again and compares.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

SESSIONS = """
select
    session_name,
    count(*) filter (where is_attended) as attended,
    avg(proven_seconds) / 60 as proven,
    avg(likely_seconds) / 60 as likely,
    avg(possible_seconds) / 60 as possible
from marts.fct_session_attendance
where session_type = 'session'
group by session_key, session_name
order by min(first_joined_at), session_name
"""

WIDTH, ROW, TOP, LEFT, RIGHT = 860, 30, 64, 290, 110
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #6e7781; font-size: 12px }
  .grid { stroke: #d0d7de }
  .possible { fill: #bcd9ea }
  .proven { fill: #1f78b4 }
  .likely { fill: #ff7f0e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .possible { fill: #31546b }
  }
"""


def draw(sessions: list[tuple[str, int, float, float, float]]) -> str:
    """The picture of sessions given as name, people who attended, and mean minutes: proven, likely, possible."""
    longest = max((possible for *_, possible in sessions), default=0.0)
    minutes = int(longest // 15 + 1) * 15
    scale = (WIDTH - LEFT - RIGHT) / minutes
    height = TOP + ROW * len(sessions) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Mean minutes of attendance per session: proven, likely and possible</title>",
        f"<style>{STYLE}</style>",
        '<text class="title" x="16" y="26">How long did people attend, and how sure is it?</text>',
        '<text class="quiet" x="16" y="46">Mean minutes a person: dark is what the log proves, light what it allows,'
        " the mark what is likely</text>",
    ]
    for minute in range(0, minutes + 1, 15):
        x = LEFT + minute * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 30}"/>')
        parts.append(f'<text class="quiet" x="{x:.1f}" y="{height - 12}" text-anchor="middle">{minute}</text>')
    for number, (name, attended, proven, likely, possible) in enumerate(sessions):
        y = TOP + ROW * number + ROW / 2
        for measure, length in (("possible", possible), ("proven", proven)):
            parts.append(
                f'<rect class="{measure}" x="{LEFT}" y="{y - 7:.1f}" width="{length * scale:.1f}" height="14" rx="2"/>'
            )
        parts.append(
            f'<rect class="likely" x="{LEFT + likely * scale - 2:.1f}" y="{y - 10:.1f}" width="4" height="20" rx="1"/>'
        )
        parts.append(f'<text x="{LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<text class="quiet" x="{WIDTH - RIGHT + 14}" y="{y + 4:.1f}">{attended} attended</text>')
    return "\n".join([*parts, "</svg>", ""])
