"""Three marts of this project straight from the reports, as one would write them in pandas.

The rules that they follow, and those left out, are in ``rules``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import typer

import rules

SETTINGS = rules.SETTINGS
TYPES = pd.DataFrame(rules.activity_types())
IDENTITY = ["user_id", "occurred_at", "activity_type", "content_id", "identity_label", "breakout_id", "unknown_act"]
VISIT = ["user_id", "session_key"]
ROOM = ["user_id", "room_key"]
MEASURES = ["proven", "likely", "possible"]


def main(
    reports: Annotated[Path, typer.Argument(help="Folder with the reports, *.csv.")],
    output: Annotated[Path, typer.Argument(help="Folder for the three Parquet files.")],
    salt_file: Annotated[Path, typer.Argument(help="The salt of the warehouse to compare with.")],
) -> None:
    """Make fct_session_attendance, fct_user_engagement and fct_leaderboard of a folder of activity reports."""
    output.mkdir(parents=True, exist_ok=True)
    records = typed_records(read_reports(sorted(reports.glob("*.csv"))))
    activities = unique_activities(records)
    events = session_events(activities, records, salt_file.read_text(encoding="utf-8").strip())
    evidence = presence_evidence(activities, events)
    sessions = session_windows(events, evidence)
    attendance = session_attendance(events, evidence, sessions)
    engagement = user_engagement(activities, attendance, sessions)
    leaderboard = standings(activities)
    marts = {"fct_session_attendance": attendance, "fct_user_engagement": engagement, "fct_leaderboard": leaderboard}
    for name, mart in marts.items():
        user_key = f"{rules.SITE}:" + mart["user_id"].astype("str")
        mart.assign(user_key=user_key)[rules.MARTS[name]].to_parquet(output / f"{name}.parquet", index=False)


def read_reports(paths: list[Path]) -> pd.DataFrame:
    """All records, from the oldest download to the newest.

    By the reader of pyarrow, for which that of pandas has no setting for line breaks inside quotes.
    """
    options = pa.csv.ConvertOptions(
        include_columns=list(rules.COLUMNS),
        column_types={name: pa.timestamp("s") if name == "Date" else pa.string() for name in rules.COLUMNS},
        strings_can_be_null=True,
        null_values=[""],
    )
    tables = {
        path: pa.csv.read_csv(path, parse_options=pa.csv.ParseOptions(newlines_in_values=True), convert_options=options)
        for path in paths
    }
    ordered = rules.in_download_order(
        {path: (pc.max(table["Date"]).as_py(), table.num_rows) for path, table in tables.items()}
    )
    records = pa.concat_tables(
        tables[path].append_column("download", pa.repeat(pa.scalar(number, pa.int32()), tables[path].num_rows))
        for number, path in enumerate(ordered)
    )
    columns = {}
    for title, name in rules.COLUMNS.items():
        column = records[title]
        if name != "occurred_at":
            trimmed = pc.utf8_trim(column, characters=rules.BLANKS)
            column = pc.if_else(pc.equal(trimmed, ""), None, trimmed).dictionary_encode()
        columns[name] = column
    return pa.table({**columns, "download": records["download"]}).to_pandas()


def typed_records(records: pd.DataFrame) -> pd.DataFrame:
    """Add the activity type and what the labels of sub-breakouts say."""
    records["has_label"] = records["label"].notna()
    pair = ["category", "action", "has_label"]
    pairs = records[pair].drop_duplicates()
    texts = pairs.astype({"category": object, "action": object}).replace({np.nan: None})
    pairs["activity_type"] = pd.Categorical(
        rules.match_types(texts.itertuples(index=False, name=None)), categories=TYPES["activity_type"]
    )
    records = records.merge(pairs, on=pair, how="left")

    labels = records["label"].where(is_of(records, "activity_family", "session_events"))
    labels = labels.cat.remove_unused_categories()
    parts = labels.cat.categories.to_series().str.extract(rules.BREAKOUT)
    for name, part in {"parent_name": parts[0], "breakout_id": parts[1]}.items():
        records[name] = values_of(labels, part.astype("category"))
    return records


def is_of(records: pd.DataFrame, column: str, value: object) -> pd.Series:
    """Whether the type of each record has a value in a column of the seed."""
    return records["activity_type"].isin(TYPES.loc[TYPES[column] == value, "activity_type"])


def values_of(column: pd.Series, values: pd.Series) -> pd.Series:
    """A categorical column with another value, itself a category, for each of its categories."""
    codes = np.append(values.cat.codes.to_numpy(), -1)[column.cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=values.dtype), index=column.index)


def unique_activities(records: pd.DataFrame) -> pd.DataFrame:
    """One record per activity: of equal records in several files the newest file's, as many as any one file holds."""
    is_unknown = records["activity_type"] == "unrecognised"
    records["identity_label"] = records["label"].where(is_of(records, "is_label_identity", True))
    records["unknown_act"] = (
        records.groupby(["category", "action"], observed=True, dropna=False, sort=False).ngroup().where(is_unknown, -1)
    )
    records["identity"] = pd.util.hash_pandas_object(records[IDENTITY], index=False)
    is_repeated = records.duplicated(["identity", "occurred_at"], keep=False)
    repeated = records[is_repeated]
    occurrence = repeated.groupby(["identity", "occurred_at", "download"]).cumcount()
    is_older = repeated.assign(occurrence=occurrence).duplicated(["identity", "occurred_at", "occurrence"], keep="last")
    return records.drop(index=repeated.index[is_older])


def session_events(activities: pd.DataFrame, records: pd.DataFrame, salt: str) -> pd.DataFrame:
    """Every Joined and Left of a known user with its session and room."""
    is_event = is_of(activities, "activity_family", "session_events") & activities["user_id"].notna()
    events = activities.loc[
        is_event,
        [
            "user_id",
            "occurred_at",
            "activity_type",
            "content_id",
            "content_name",
            "label",
            "parent_name",
            "breakout_id",
        ],
    ].reset_index(drop=True)
    events["is_joined"] = events["activity_type"] == "session_joined"
    events["is_left"] = events["activity_type"] == "session_left"
    label, parent_name = events["label"].astype("str"), events["parent_name"].astype("str")
    events["is_breakout"] = events["breakout_id"].notna() & (label != events["content_name"].astype("str"))
    events["session_name"] = parent_name.where(events["is_breakout"], label)

    # Pages on which a session itself was joined, left or planned, and the newest of them that carried each name.
    own = events.loc[
        ~events["is_breakout"] & events["content_id"].notna(), ["session_name", "content_id", "occurred_at"]
    ].astype({"content_id": "str"})
    newest = own.dropna(subset="session_name").sort_values(["occurred_at", "content_id"])
    pages = newest.drop_duplicates("session_name", keep="last").set_index("session_name")["content_id"]

    # A breakout whose page no session has to itself is where its parent is, which is found by its name.
    events = events[events["is_joined"] | events["is_left"]].reset_index(drop=True)
    content = events["content_id"].astype("str")
    is_adrift = events["is_breakout"] & ~content.isin(own["content_id"].unique())
    parent_content = events.loc[is_adrift, "session_name"].map(pages)
    content = parent_content.combine_first(content)
    events["is_off_page"] = content.isna()
    place = f"{rules.SITE}:" + content
    place[events["is_off_page"]] = places_off_page(events[events["is_off_page"]], records, salt)
    events["place"] = place.astype("category")

    number = occurrence_numbers(events)
    is_alone = ~events["is_off_page"] & (number == 1)
    session_key = place.where(is_alone, place + ":" + number.astype("str"))
    events["session_key"] = session_key.astype("category")
    room_key = session_key.where(~events["is_breakout"], session_key + "#" + events["breakout_id"].astype("str"))
    events["room_key"] = room_key.astype("category")
    return events


def places_off_page(events: pd.DataFrame, records: pd.DataFrame, salt: str) -> pd.Series:
    """The place of each event off any page."""
    meetings = events[["user_id", "session_name"]].drop_duplicates().astype(object)
    meetings = meetings.where(meetings.notna(), None)
    users = records["user_id"].isin(meetings["user_id"].unique())
    names = records.loc[users, ["user_id", "first_name", "last_name"]].drop_duplicates().astype(object)
    names = names.where(names.notna(), None)
    meetings["place"] = rules.places_off_page(
        list(meetings.itertuples(index=False, name=None)), names.itertuples(index=False, name=None), salt
    )
    placed = events[["user_id", "session_name"]].astype(object).merge(meetings, on=["user_id", "session_name"])
    return placed["place"].set_axis(events.index)


def occurrence_numbers(events: pd.DataFrame) -> pd.Series:
    """The number of the session in its place: the next begins with the first Joined after hours of silence."""
    gap = pd.Timedelta(hours=SETTINGS["meeting_gap_hours"])
    span = events.groupby("place", observed=True)["occurred_at"].agg(["min", "max"])
    long_places = span.index[span["max"] - span["min"] > gap]
    moments = events[events["place"].isin(long_places)].sort_values(["place", "occurred_at"], kind="stable")
    at, by_place = moments["occurred_at"], moments["place"].cat.codes
    last_joined_at = at.where(moments["is_joined"]).groupby(by_place).ffill().groupby(by_place).shift()
    # A Left long after the last Joined is one of a browser that was left open: it breaks no silence.
    is_believed = moments["is_left"] & (last_joined_at >= at - gap)
    last_left_at = at.where(is_believed).groupby(by_place).ffill().groupby(by_place).shift()
    is_first = moments["is_joined"] & ~(np.fmax(last_joined_at, last_left_at) >= at - gap)
    running = is_first.astype("int64").groupby(by_place).cumsum()
    # A Left belongs to the Joined before it.
    of_user = [by_place, moments["user_id"].cat.codes]
    number = running.where(moments["is_joined"]).groupby(of_user).ffill().fillna(running).clip(lower=1)
    return number.reindex(events.index, fill_value=1).astype("int64")


def presence_evidence(activities: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The seconds of what users did on the page of a session that shows they were there.

    On a page that holds several sessions it was in the last that had begun, and in the first where none had.
    """
    at = events["occurred_at"]
    sessions = (
        events.assign(joined_at=at.where(events["is_joined"]))
        .groupby(["place", "session_key"], observed=True, as_index=False)
        .agg(began_at=("joined_at", "min"), seen_at=("occurred_at", "min"))
    )
    sessions["began_at"] = sessions["began_at"].fillna(sessions["seen_at"])
    sessions = sessions.sort_values("began_at")
    firsts = sessions.drop_duplicates("place").set_index("place")["session_key"]

    is_evidence = is_of(activities, "is_presence_evidence", True) & activities["user_id"].notna()
    evidence = activities.loc[is_evidence, ["user_id", "content_id", "occurred_at"]].dropna(subset="content_id")
    pages = f"{rules.SITE}:" + evidence["content_id"].cat.categories.to_series()
    evidence["place"] = values_of(evidence["content_id"], pages.where(pages.isin(firsts.index)).astype("category"))
    evidence = evidence.dropna(subset="place")
    first_keys = firsts.reindex(evidence["place"].cat.categories)
    evidence["session_key"] = values_of(evidence["place"], first_keys)

    several = sessions[sessions.duplicated("place", keep=False)]
    of_several = evidence[evidence["place"].isin(several["place"])].drop(columns="session_key")
    if len(of_several):
        of_several = of_several.sort_values("occurred_at").astype({"place": "str"})
        began = several[["place", "began_at", "session_key"]].astype({"place": "str"})
        found = pd.merge_asof(of_several, began, left_on="occurred_at", right_on="began_at", by="place")
        found_keys = found["session_key"].set_axis(of_several.index)
        evidence["session_key"] = found_keys.reindex(evidence.index).fillna(evidence["session_key"])
    return evidence[[*VISIT, "occurred_at"]].drop_duplicates()


def visits(events: pd.DataFrame) -> pd.DataFrame:
    """The first and the last Joined, the last Left and the counts of both, for each user and session."""
    at = events["occurred_at"]
    timed = events.assign(joined_at=at.where(events["is_joined"]), left_at=at.where(events["is_left"]))
    return timed.groupby(VISIT, observed=True, as_index=False).agg(
        first_joined_at=("joined_at", "min"),
        last_joined_at=("joined_at", "max"),
        last_left_at=("left_at", "max"),
        last_seen_at=("occurred_at", "max"),
        joined_count=("is_joined", "sum"),
        left_count=("is_left", "sum"),
    )


def session_windows(events: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """When each session began and ended by the log, when presence counts for it, and whether it is a meeting."""
    people = visits(events)
    last_evidence = evidence.groupby(VISIT, observed=True)["occurred_at"].max().rename("last_evidence_at")
    people = people.merge(last_evidence.reset_index(), on=VISIT, how="left")
    is_seen_later = people["last_evidence_at"] > people["last_seen_at"]
    last_known_at = people["last_left_at"].fillna(people["last_evidence_at"].where(is_seen_later))

    sessions = events.groupby("session_key", observed=True)[["is_off_page", "is_breakout"]].min()
    sessions["is_meeting"] = sessions["is_off_page"] & ~sessions["is_breakout"]

    def quantile(values: pd.Series, share: rules.Fraction) -> pd.Series:
        return discrete_quantile(values, people["session_key"], share).reindex(sessions.index)

    outer, core = rules.WINDOW_QUANTILE, rules.CORE_QUANTILE
    straggling = pd.Timedelta(hours=SETTINGS["straggler_hours"])
    joined_at, core_joined_at = (quantile(people["first_joined_at"], share) for share in (outer, 1 - core))
    joined_at = joined_at.where(~(joined_at < core_joined_at - straggling), core_joined_at)
    known_at, core_known_at = (quantile(last_known_at, share) for share in (1 - outer, core))
    counted = pd.DataFrame({"known_at": last_known_at, "left_at": people["last_left_at"]})
    ends = counted.groupby(people["session_key"], observed=True).agg(
        first_at=("known_at", "min"),
        last_at=("known_at", "max"),
        known_count=("known_at", "count"),
        left_count=("left_at", "count"),
        people_count=("left_at", "size"),
    )
    ends = ends.reindex(sessions.index)
    # A log that lacks most Lefts lacks those of the end: then the last of all that is known ends it.
    known_at = known_at.where(~(3 * ends["left_count"] < ends["people_count"]), ends["last_at"])
    # Of two people the one who goes first ends it.
    core_known_at = core_known_at.where(ends["known_count"] != 2, ends["first_at"])
    known_at = known_at.where(~(known_at > core_known_at + straggling), core_known_at)
    # A meeting without a known end lasts as long as the median one.
    lengths = (known_at - joined_at)[sessions["is_meeting"] & (known_at > joined_at)].sort_values()
    median = lengths.iloc[(len(lengths) - 1) // 2] if len(lengths) else pd.NaT
    known_at = known_at.fillna((joined_at + median).where(sessions["is_meeting"]))

    by_session = people.groupby("session_key", observed=True)["last_seen_at"]
    sessions["started_at"] = joined_at.fillna(by_session.min())
    sessions["ended_at"] = np.fmax(sessions["started_at"], known_at.fillna(by_session.max()))
    sessions["opened_at"] = sessions["started_at"] - pd.Timedelta(minutes=SETTINGS["session_buffer_before_minutes"])
    sessions["closed_at"] = sessions["ended_at"] + pd.Timedelta(minutes=SETTINGS["session_buffer_after_minutes"])
    sessions["straggled_at"] = sessions["ended_at"] + straggling
    return sessions.drop(columns=["is_off_page", "is_breakout"]).reset_index()


def discrete_quantile(values: pd.Series, groups: pd.Series, share: rules.Fraction) -> pd.Series:
    """In each group the value that a share of the values does not exceed: an existing value and no mean of two."""
    rows = pd.DataFrame({"group": groups, "value": values}).dropna().sort_values("value")
    by_group = rows.groupby("group", observed=True)["value"]
    size = by_group.transform("size")
    place = (-(-share.numerator * size // share.denominator)).clip(lower=1)
    return rows[by_group.cumcount() + 1 == place].set_index("group")["value"]


def stays_of(events: pd.DataFrame) -> pd.DataFrame:
    """Stays in a room, from each second with a Joined to whatever may have ended it; each Left that none explains."""
    moments = events.groupby([*VISIT, "room_key", "is_breakout", "occurred_at"], observed=True, as_index=False)[
        ["is_joined", "is_left"]
    ].sum()
    moments = moments.rename(columns={"is_joined": "joined_count", "is_left": "left_count", "occurred_at": "began_at"})
    moments = moments.sort_values([*ROOM, "began_at"], ignore_index=True)
    room = moments.groupby(ROOM, observed=True, sort=False).ngroup()
    began_at, joined_count, left_count = moments["began_at"], moments["joined_count"], moments["left_count"]

    # Whether the user was in the room before shows in the last second with more of one than of the other.
    change = joined_count - left_count
    was_in = change.where(change != 0).groupby(room).ffill().groupby(room).shift() > 0
    running = change.groupby(room).cumsum()
    open_count = running - running.groupby(room).cummin().clip(upper=0)
    open_before = open_count.groupby(room).shift().fillna(0)
    # Who comes back in the second of a Left had left an empty room.
    is_empty = (open_count == 0) | (was_in & (open_before <= left_count))
    emptied_at = began_at.where(is_empty).groupby(room).bfill().groupby(room).shift(-1)
    moments["emptied_at"] = began_at.where(open_count == 0, emptied_at)

    following = moments[["began_at", "left_count"]].groupby(room).shift(-1)
    is_left_now = (change < 0) | ((change == 0) & ~was_in)
    moments["next_left_at"] = following["began_at"].where(following["left_count"] > 0).where(~is_left_now, began_at)
    moments["next_rejoined_at"] = following["began_at"].where(following["left_count"] == 0)
    moments["is_unexplained"] = False
    unexplained = moments[[*VISIT, "room_key"]].assign(
        began_at=began_at.groupby(room).shift(), emptied_at=began_at, is_unexplained=True
    )[open_before + joined_count < left_count]

    stays = moments[joined_count > 0].sort_values(["began_at", "session_key", "room_key"])
    stays["next_stay_at"] = stays.groupby(ROOM, observed=True, sort=False)["began_at"].shift(-1)
    next_session_at = next_elsewhere(stays, "session_key")
    next_room_at = next_elsewhere(stays, "room_key")
    stays["next_elsewhere_at"] = next_session_at.where(~stays["is_breakout"], next_room_at)
    return pd.concat([stays, unexplained], ignore_index=True)


def next_elsewhere(stays: pd.DataFrame, place: str) -> pd.Series:
    """When, in a later second, the same user next joined another place than the one joined just before."""
    previous = stays[place].cat.codes.groupby(stays["user_id"], observed=True).shift()
    moves = stays.loc[stays[place].cat.codes != previous, ["user_id", "began_at"]]
    moves["moved_at"] = moves["began_at"]
    moves = pd.merge_asof(
        stays[["user_id", "began_at"]],
        moves,
        on="began_at",
        by="user_id",
        direction="forward",
        allow_exact_matches=False,
    )
    return moves["moved_at"].set_axis(stays.index)


def measured_stays(events: pd.DataFrame, evidence: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Stays laid into the window of their session, with an end for each measure."""
    stays = stays_of(events).merge(sessions, on="session_key")
    opened_at, closed_at, straggled_at = stays["opened_at"], stays["closed_at"], stays["straggled_at"]
    balanced_at, elsewhere_at, rejoined_at = stays["emptied_at"], stays["next_elsewhere_at"], stays["next_rejoined_at"]
    began_at, is_unexplained = stays["began_at"].fillna(opened_at), stays["is_unexplained"]
    # A Left long after the end is one of a browser that was left open: it counts as lost.
    emptied_at = balanced_at.where(balanced_at <= straggled_at)
    left_at = stays["next_left_at"].where(stays["next_left_at"] <= straggled_at)
    is_closed_by_left = left_at.notna() & ~(left_at > elsewhere_at)
    is_balanced = emptied_at.notna() & ~(stays["next_stay_at"] < balanced_at)

    def laid_in(moments: pd.Series) -> pd.Series:
        return np.fmax(began_at, moments).clip(opened_at, closed_at)

    session_ended_at = np.fmax(stays["ended_at"], began_at)
    capped_at = began_at + pd.Timedelta(minutes=SETTINGS["open_stay_cap_minutes"])
    first_end_at = np.fmin(np.fmin(rejoined_at, elsewhere_at), np.fmin(session_ended_at, capped_at))
    first_end_at = emptied_at.fillna(left_at.where(is_closed_by_left)).fillna(first_end_at)
    first_end_at = first_end_at.where(~is_unexplained, began_at)
    is_late = first_end_at > closed_at
    is_moved = (first_end_at == rejoined_at) | (first_end_at == elsewhere_at)
    is_open = ~is_unexplained & emptied_at.isna() & ~is_closed_by_left
    stays["is_never_closed"] = is_open & (is_late | ~is_moved)
    stays["started_at"] = laid_in(began_at)
    end_at = laid_in(first_end_at)
    stays["possible_ended_at"] = laid_in(emptied_at.fillna(closed_at))

    # The last evidence of a stay comes before its end and before the next stay in the room. If nothing closes the stay,
    # it comes before the window closes.
    is_session_end = stays["is_never_closed"] & (is_late | (first_end_at == session_ended_at))
    until_at = np.fmax(end_at, np.fmin(elsewhere_at, closed_at).where(is_session_end))
    limit = np.fmin(until_at, stays["next_stay_at"] - pd.Timedelta(seconds=1)).dt.as_unit("s")
    by_limit = stays[VISIT].assign(limit=limit).sort_values("limit")
    looked_back = pd.merge_asof(
        by_limit, evidence.sort_values("occurred_at"), left_on="limit", right_on="occurred_at", by=VISIT
    )
    last_evidence_at = looked_back["occurred_at"].set_axis(by_limit.index).reindex(stays.index)
    is_of_stay = (last_evidence_at >= began_at) & ~is_unexplained
    last_seen_at = np.fmax(stays["started_at"], last_evidence_at.where(is_of_stay))
    stays["last_seen_at"] = last_seen_at

    proven_left_at = laid_in(np.fmin(emptied_at, elsewhere_at).where(is_balanced, left_at)).where(
        is_balanced | is_closed_by_left
    )
    stays["proven_ended_at"] = np.fmax(last_seen_at, proven_left_at).where(~is_unexplained, stays["started_at"])
    remainder = seconds_between(last_seen_at, end_at).clip(lower=0)
    share = rules.REMAINDER
    added = (2 * share.numerator * remainder + share.denominator) // (2 * share.denominator)
    likely_ended_at = end_at.where(~is_session_end, last_seen_at + pd.to_timedelta(added, unit="s"))
    others_left_at = when_others_left(stays, events, sessions)
    likely_by_others = np.fmin(np.fmin(others_left_at, closed_at), np.fmin(rejoined_at, elsewhere_at))
    stays["likely_ended_at"] = likely_ended_at.where(others_left_at.isna(), likely_by_others)
    return stays[[*VISIT, "is_unexplained", "started_at", *(f"{measure}_ended_at" for measure in MEASURES)]]


def when_others_left(stays: pd.DataFrame, events: pd.DataFrame, sessions: pd.DataFrame) -> pd.Series:
    """When a share of those who were still there when an open stay was last seen had left for good."""
    leavers = visits(events).merge(sessions[["session_key", "started_at", "straggled_at"]], on="session_key")
    left_at = leavers["last_left_at"]
    is_leaver = (left_at <= leavers["straggled_at"]) & ~(left_at <= leavers["last_joined_at"])
    # A passer-by is none of the others, nor is a person with an open stay.
    open_visits = pd.MultiIndex.from_frame(stays.loc[stays["is_never_closed"], VISIT])
    is_leaver &= ~pd.MultiIndex.from_frame(leavers[VISIT]).isin(open_visits)
    stayed = left_at - leavers["first_joined_at"].fillna(leavers["started_at"])
    share = rules.PASSER_BY
    is_leaver &= share.denominator * stayed >= share.numerator * (left_at - leavers["started_at"])
    leavers = leavers.loc[is_leaver, ["session_key", "last_left_at"]].sort_values("last_left_at")
    leavers["earlier_count"] = leavers.groupby("session_key", observed=True).cumcount() + 1
    open_stays = stays.loc[stays["is_never_closed"], ["session_key", "is_meeting", "last_seen_at"]]
    open_stays = open_stays.rename_axis("stay").reset_index().sort_values("last_seen_at")
    open_stays = pd.merge_asof(
        open_stays, leavers, left_on="last_seen_at", right_on="last_left_at", by="session_key"
    ).fillna({"earlier_count": 0})
    leaver_count = open_stays["session_key"].map(leavers["session_key"].value_counts()).fillna(0).astype("int64")
    open_count = open_stays["session_key"].map(open_stays["session_key"].value_counts()).astype("int64")
    later_count = leaver_count - open_stays["earlier_count"].astype("int64")
    share = rules.LEAVERS
    open_stays["earlier_count"] = leaver_count - later_count - (-share.numerator * later_count // share.denominator)
    minimum = np.where(open_stays["is_meeting"], 1, SETTINGS["open_stay_leavers_minimum"])
    is_known = (later_count >= minimum) & (2 * later_count >= open_count)
    found = open_stays.loc[is_known, ["stay", "session_key", "earlier_count"]].merge(
        leavers, on=["session_key", "earlier_count"]
    )
    return found.set_index("stay")["last_left_at"].reindex(stays.index)


def seconds_between(earlier: pd.Series, later: pd.Series) -> pd.Series:
    """Whole seconds from one time to a later one."""
    return (later - earlier).dt.total_seconds().astype("int64")


def session_attendance(events: pd.DataFrame, evidence: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Who attended which session and for how long, as a bracket of three measures."""
    stays = measured_stays(events, evidence, sessions).sort_values([*VISIT, "started_at"])
    by_visit = [stays[column] for column in VISIT]
    # A stay adds what lies after the latest end of all that began before it.
    ends = stays[[f"{measure}_ended_at" for measure in MEASURES]]
    covered = ends.groupby(by_visit, observed=True).cummax().groupby(by_visit, observed=True).shift()
    added = {
        f"{measure}_seconds": seconds_between(
            np.fmax(stays["started_at"], covered[f"{measure}_ended_at"]), ends[f"{measure}_ended_at"]
        ).clip(lower=0)
        for measure in MEASURES
    }
    stay_count = (~stays["is_unexplained"]).astype("int64")
    summed = pd.DataFrame({**added, "stay_count": stay_count}).groupby(by_visit, observed=True).sum()
    attended = visits(events).merge(summed.reset_index(), on=VISIT, how="left")
    attended = attended.fillna(dict.fromkeys(summed.columns, 0)).astype(dict.fromkeys(summed.columns, "int64"))
    attended = attended.merge(sessions[["session_key", "is_meeting"]], on="session_key")
    attended["is_attended"] = (
        attended[f"{SETTINGS['attendance_measure']}_seconds"] >= SETTINGS["attendance_minimum_seconds"]
    )
    return attended


def user_engagement(activities: pd.DataFrame, attendance: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """How often, how broadly and how each user took part, and a score."""
    types = TYPES.set_index("activity_type")
    known = activities.loc[activities["user_id"].notna(), ["user_id", "activity_type", "content_id", "occurred_at"]]
    known["day"] = known["occurred_at"].dt.normalize()
    for column in ("activity_family", "engagement_part"):
        values = types.loc[known["activity_type"].cat.categories, column].astype("category")
        known[column] = values_of(known["activity_type"], values)
    on_demand = known[is_on_demand(known, page_kinds(activities, sessions))]
    users = pd.DataFrame(
        {
            "active_day_count": distinct_count(known, "day"),
            "activity_count": known["user_id"].value_counts(),
            "activity_family_count": distinct_count(known, "activity_family"),
            "content_count": distinct_count(known, "content_id"),
        }
    )
    live = attendance.loc[~attendance["is_meeting"]].groupby("user_id", observed=True)
    users["live_session_count"] = live.size()
    users["attended_session_count"] = live["is_attended"].sum()
    users["likely_seconds"] = live["likely_seconds"].sum()
    users["on_demand_content_count"] = distinct_count(on_demand, "content_id")
    users = users[users["activity_count"] > 0].fillna(0).astype("int64")

    counts = known.groupby(["user_id", "engagement_part"], observed=True).size().unstack(fill_value=0)
    counts = counts.reindex(index=users.index, columns=rules.ACT_PARTS, fill_value=0).fillna(0)
    counts["attendance"] = users["likely_seconds"] / 60
    users["engagement_score"] = 0.0
    for part, (most, full_amount) in rules.engagement_weights().items():
        users["engagement_score"] += most * (counts[part] / full_amount).clip(upper=1)
    return users.rename_axis("user_id").reset_index()


def distinct_count(activities: pd.DataFrame, column: str) -> pd.Series:
    """How many different values of a column each user has."""
    return activities[["user_id", column]].dropna().drop_duplicates()["user_id"].value_counts()


def page_kinds(activities: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """For each content page whether it is always on demand, and when its session ended if it is one of a session."""
    pages = {
        family: activities.loc[is_of(activities, "activity_family", family), "content_id"].unique()
        for family in ("session_events", "track_events", "video_events")
    }
    kinds = pd.DataFrame(index=activities["content_id"].cat.categories)
    is_session = kinds.index.isin(pages["session_events"])
    kinds["is_always"] = kinds.index.isin([*pages["track_events"], *pages["video_events"]]) & ~is_session
    ended_at = sessions.set_index(sessions["session_key"].astype("str"))["ended_at"]
    kinds["ended_at"] = ended_at.reindex(f"{rules.SITE}:" + kinds.index).to_numpy()
    kinds["ended_at"] = kinds["ended_at"].where(is_session)
    return kinds


def is_on_demand(activities: pd.DataFrame, kinds: pd.DataFrame) -> pd.Series:
    """Whether each activity is a look at a video, at a course, or at the page of a session that is over."""
    looks = activities.loc[activities["activity_type"].isin(rules.ON_DEMAND_TYPES)].dropna(subset="content_id")
    kind = kinds.take(looks["content_id"].cat.codes).set_axis(looks.index)
    is_look = kind["is_always"] | (looks["occurred_at"] > kind["ended_at"])
    return is_look.reindex(activities.index, fill_value=False)


def standings(activities: pd.DataFrame) -> pd.DataFrame:
    """The points and ranks of each contest."""
    earning = TYPES[["activity_type", "point_rule_key"]].merge(pd.DataFrame(rules.point_rules()), on="point_rule_key")
    earning_activities = activities.loc[
        activities["user_id"].notna() & activities["activity_type"].isin(earning["activity_type"]),
        ["user_id", "activity_type", "content_id", "category", "label", "occurred_at"],
    ].sort_values("occurred_at")
    rule = earning.set_index("activity_type").reindex(earning_activities["activity_type"].cat.categories)
    for column in ("point_rule_key", "once_per"):
        earning_activities[column] = values_of(earning_activities["activity_type"], rule[column].astype("category"))
    earning_activities["points"] = (
        rule["rule_points"].to_numpy()[earning_activities["activity_type"].cat.codes].astype("int64")
    )

    # The rule is earned once per scope, and there the first time.
    scope = earning_activities["once_per"]
    once = {
        "once_content": earning_activities["content_id"].where(scope.isin(["content", "question", "comment"])),
        "once_category": earning_activities["category"].where(scope == "question"),
        "once_label": earning_activities["label"].where(scope.isin(["comment", "other_user"])),
        "once_day": earning_activities["occurred_at"].dt.normalize().where(scope == "day"),
    }
    awards = earning_activities.assign(**once).drop_duplicates(["user_id", "point_rule_key", *once])

    boards = []
    for contest_id, starts_at, ends_at in rules.contests():
        awarded_at = awards["occurred_at"]
        inside = awards[(awarded_at >= (starts_at or awarded_at)) & ~(awarded_at >= (ends_at or pd.NaT))]
        board = inside.groupby("user_id", observed=True)["points"].agg(points="sum", award_count="size").reset_index()
        board["contest_id"] = contest_id
        board["rank"] = board["points"].rank(method="min", ascending=False).astype("int64")
        boards.append(board)
    return pd.concat(boards, ignore_index=True)


if __name__ == "__main__":
    typer.run(main)
