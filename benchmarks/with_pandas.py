"""Three marts of this project straight from the reports, as one would write them in pandas.

What they follow of its rules, and what is left out, stands in ``rules``.
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
) -> None:
    """Make fct_session_attendance, fct_user_engagement and fct_leaderboard of a folder of activity reports."""
    output.mkdir(parents=True, exist_ok=True)
    activities = unique_activities(typed_records(read_reports(sorted(reports.glob("*.csv")))))
    events = session_events(activities)
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


def session_events(activities: pd.DataFrame) -> pd.DataFrame:
    """Every Attend, Joined and Left of a known user with its session and room."""
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
    content = events["content_id"].astype("str")
    is_adrift = events["is_breakout"] & ~content.isin(own["content_id"].unique())
    parent_content = events.loc[is_adrift, "session_name"].map(pages)
    content = parent_content.combine_first(content)
    session_key = f"{rules.SITE}:" + content
    is_off_page = content.isna()
    session_key[is_off_page] = meeting_keys(events[is_off_page])

    events["session_key"] = session_key.astype("category")
    room_key = session_key.where(~events["is_breakout"], session_key + "#" + events["breakout_id"].astype("str"))
    events["room_key"] = room_key.astype("category")
    return events


def meeting_keys(events: pd.DataFrame) -> pd.Series:
    """The keys of meetings off any page: of one name, the next begins after hours in which nobody joined or left."""
    names = events["session_name"].drop_duplicates()
    places = {name: rules.place_of_name(name if isinstance(name, str) else None) for name in names}
    events = events.assign(place=events["session_name"].map(places)).sort_values(["place", "occurred_at"])
    is_live = events["is_joined"] | events["is_left"]
    by_place = events["place"]
    live_at = events["occurred_at"].where(is_live)
    previous_live_at = live_at.groupby(by_place).ffill().groupby(by_place).shift()
    gap = pd.Timedelta(hours=SETTINGS["meeting_gap_hours"])
    is_first = (is_live & ~(previous_live_at >= events["occurred_at"] - gap)).astype("int64")
    number = is_first.groupby(by_place).cumsum()
    count = is_first.groupby(by_place).transform("sum")
    # An Attend belongs to the next meeting, and to the last where none comes.
    number = number.where(is_live, np.minimum(number + 1, count)).clip(lower=1)
    return by_place + ":" + number.astype("str")


def presence_evidence(activities: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The seconds in which users did something on the page of a session that shows they were there."""
    is_live = events["is_joined"] | events["is_left"]
    sessions = events.loc[is_live, "session_key"].cat.remove_unused_categories().cat.categories
    is_evidence = is_of(activities, "is_presence_evidence", True) & activities["user_id"].notna()
    evidence = activities.loc[is_evidence, ["user_id", "content_id", "occurred_at"]].dropna(subset="content_id")
    keys = f"{rules.SITE}:" + evidence["content_id"].cat.categories.to_series()
    keys = keys.where(keys.isin(sessions)).astype(events["session_key"].dtype)
    evidence["session_key"] = values_of(evidence["content_id"], keys)
    evidence = evidence.dropna(subset="session_key")
    return evidence[[*VISIT, "occurred_at"]].drop_duplicates()


def visits(events: pd.DataFrame) -> pd.DataFrame:
    """The first Joined, the last Left and the counts of both, for each user and session joined or left."""
    live = events[events["is_joined"] | events["is_left"]]
    at = live["occurred_at"]
    live = live.assign(joined_at=at.where(live["is_joined"]), left_at=at.where(live["is_left"]))
    return live.groupby(VISIT, observed=True, as_index=False).agg(
        first_joined_at=("joined_at", "min"),
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

    by_session = people.groupby("session_key", observed=True)["last_seen_at"]
    quantile = rules.WINDOW_QUANTILE
    first_joined_at = discrete_quantile(people["first_joined_at"], people["session_key"], quantile)
    last_known_at = discrete_quantile(last_known_at, people["session_key"], 1 - quantile)
    is_off_page = events["content_id"].isna()
    flags = events.assign(is_off_page=is_off_page).groupby("session_key", observed=True)[["is_off_page", "is_breakout"]]
    sessions = flags.min()
    sessions["is_meeting"] = sessions["is_off_page"] & ~sessions["is_breakout"]
    sessions["started_at"] = first_joined_at.reindex(sessions.index).fillna(by_session.min())
    ended_at = last_known_at.reindex(sessions.index).fillna(by_session.max())
    sessions["ended_at"] = np.fmax(sessions["started_at"], ended_at)
    sessions["opened_at"] = sessions["started_at"] - pd.Timedelta(minutes=SETTINGS["session_buffer_before_minutes"])
    sessions["closed_at"] = sessions["ended_at"] + pd.Timedelta(minutes=SETTINGS["session_buffer_after_minutes"])
    return sessions[["is_meeting", "started_at", "ended_at", "opened_at", "closed_at"]].reset_index()


def discrete_quantile(values: pd.Series, groups: pd.Series, share: rules.Fraction) -> pd.Series:
    """In each group the value that a share of the values does not exceed: an existing value and no mean of two."""
    rows = pd.DataFrame({"group": groups, "value": values}).dropna().sort_values("value")
    by_group = rows.groupby("group", observed=True)["value"]
    size = by_group.transform("size")
    place = (-(-share.numerator * size // share.denominator)).clip(lower=1)
    return rows[by_group.cumcount() + 1 == place].set_index("group")["value"]


def stays_of(events: pd.DataFrame) -> pd.DataFrame:
    """Stays in a room, from each second with a Joined to whatever may have ended it."""
    live = events[events["is_joined"] | events["is_left"]]
    moments = live.groupby([*VISIT, "room_key", "is_breakout", "occurred_at"], observed=True, as_index=False)[
        ["is_joined", "is_left"]
    ].sum()
    moments = moments.rename(columns={"is_joined": "joined_count", "is_left": "left_count", "occurred_at": "joined_at"})
    moments = moments.sort_values([*ROOM, "joined_at"], ignore_index=True)
    room = moments.groupby(ROOM, observed=True, sort=False).ngroup()

    # The last second in which Joined and Left did not cancel out tells whether the user was in the room before.
    change = moments["joined_count"] - moments["left_count"]
    was_in = change.where(change != 0).groupby(room).ffill().groupby(room).shift() > 0
    running = change.groupby(room).cumsum()
    is_empty = running == running.groupby(room).cummin().clip(upper=0)
    moments["emptied_at"] = moments["joined_at"].where(is_empty).groupby(room).bfill()

    following = moments[["joined_at", "left_count"]].groupby(room).shift(-1)
    is_left_now = (change < 0) | ((change == 0) & ~was_in)
    moments["next_left_at"] = (
        following["joined_at"].where(following["left_count"] > 0).where(~is_left_now, moments["joined_at"])
    )
    moments["next_rejoined_at"] = following["joined_at"].where(following["left_count"] == 0)

    stays = moments[moments["joined_count"] > 0].sort_values(["joined_at", "session_key", "room_key"])
    stays["next_stay_at"] = stays.groupby(ROOM, observed=True, sort=False)["joined_at"].shift(-1)
    next_session_at = next_elsewhere(stays, "session_key")
    next_room_at = next_elsewhere(stays, "room_key")
    stays["next_elsewhere_at"] = next_session_at.where(~stays["is_breakout"], next_room_at)
    return stays


def next_elsewhere(stays: pd.DataFrame, place: str) -> pd.Series:
    """When, in a later second, the same user next joined another place than the one joined just before."""
    previous = stays[place].cat.codes.groupby(stays["user_id"], observed=True).shift()
    moves = stays.loc[stays[place].cat.codes != previous, ["user_id", "joined_at"]]
    moves["moved_at"] = moves["joined_at"]
    moves = pd.merge_asof(
        stays[["user_id", "joined_at"]],
        moves,
        on="joined_at",
        by="user_id",
        direction="forward",
        allow_exact_matches=False,
    )
    return moves["moved_at"].set_axis(stays.index)


def measured_stays(events: pd.DataFrame, evidence: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Stays laid into the window of their session, with an end for each measure."""
    stays = stays_of(events).merge(sessions, on="session_key")
    joined_at, left_at, elsewhere_at = stays["joined_at"], stays["next_left_at"], stays["next_elsewhere_at"]
    opened_at, closed_at = stays["opened_at"], stays["closed_at"]
    is_closed_by_left = left_at.notna() & ~(left_at > elsewhere_at)
    session_ended_at = np.fmax(stays["ended_at"], joined_at)
    capped_at = joined_at + pd.Timedelta(minutes=SETTINGS["open_stay_cap_minutes"])
    open_end_at = np.fmin(np.fmin(stays["next_rejoined_at"], elsewhere_at), np.fmin(session_ended_at, capped_at))
    first_end_at = left_at.where(is_closed_by_left, open_end_at)
    is_session_end = (first_end_at > closed_at) | (
        (first_end_at == session_ended_at)
        & (first_end_at != stays["next_rejoined_at"])
        & (first_end_at != elsewhere_at)
    )

    stays["started_at"] = joined_at.clip(opened_at, closed_at)
    end_at = np.fmax(joined_at, first_end_at).clip(opened_at, closed_at)
    stays["possible_ended_at"] = np.fmax(joined_at, stays["emptied_at"].fillna(closed_at)).clip(opened_at, closed_at)

    # The last evidence of a stay comes before its end and before the next stay in the room.
    limit = np.fmin(end_at, stays["next_stay_at"] - pd.Timedelta(seconds=1)).dt.as_unit("s")
    by_limit = stays[VISIT].assign(limit=limit).sort_values("limit")
    looked_back = pd.merge_asof(
        by_limit, evidence.sort_values("occurred_at"), left_on="limit", right_on="occurred_at", by=VISIT
    )
    last_evidence_at = looked_back["occurred_at"].set_axis(by_limit.index).reindex(stays.index)
    last_seen_at = np.fmax(stays["started_at"], last_evidence_at.where(last_evidence_at >= joined_at))

    stays["proven_ended_at"] = end_at.where(is_closed_by_left, last_seen_at)
    remainder = seconds_between(last_seen_at, end_at)
    share = rules.REMAINDER
    added = (2 * share.numerator * remainder + share.denominator) // (2 * share.denominator)
    likely_ended_at = last_seen_at + pd.to_timedelta(added, unit="s")
    stays["likely_ended_at"] = likely_ended_at.where(is_session_end & ~is_closed_by_left, end_at)
    return stays[[*VISIT, "started_at", *(f"{measure}_ended_at" for measure in MEASURES)]]


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
    summed = pd.DataFrame({**added, "stay_count": 1}).groupby(by_visit, observed=True).sum()
    attended = visits(events).merge(summed.reset_index(), on=VISIT, how="left")
    attended = attended.fillna(dict.fromkeys(summed.columns, 0)).astype(dict.fromkeys(summed.columns, "int64"))
    attended = attended.merge(sessions[["session_key", "is_meeting"]], on="session_key")
    attended["is_attended"] = (
        attended[f"{SETTINGS['attendance_measure']}_seconds"] >= SETTINGS["attendance_minimum_seconds"]
    )
    return attended


def user_engagement(activities: pd.DataFrame, attendance: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """How often, how broadly and in which way each user took part, and a score."""
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

    # What earns the rule only once, and there the first time.
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
