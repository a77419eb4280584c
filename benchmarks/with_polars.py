"""Three marts of this project straight from the reports, as one would write them in polars.

What they follow of its rules, and what is left out, stands in ``rules``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

import rules

SETTINGS = rules.SETTINGS
TYPES = pl.DataFrame(rules.activity_types()).with_columns(pl.col(pl.String).cast(pl.Categorical))
VISIT = ["user_id", "session_key"]
ROOM = ["user_id", "room_key"]
MEASURES = ["proven", "likely", "possible"]

is_joined = pl.col("activity_type") == "session_joined"
is_left = pl.col("activity_type") == "session_left"
is_live = is_joined | is_left
is_known = pl.col("user_id").is_not_null()


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
    marts = {
        "fct_session_attendance": attendance,
        "fct_user_engagement": user_engagement(activities, attendance, sessions),
        "fct_leaderboard": standings(activities),
    }
    for name, mart in marts.items():
        keyed = mart.with_columns(
            pl.format("{}:{}", pl.lit(rules.SITE), "user_id").alias("user_key"), pl.col(pl.UInt32).cast(pl.Int64)
        )
        keyed.select(rules.MARTS[name]).write_parquet(output / f"{name}.parquet")


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """Run a query in the streaming engine."""
    return frame.collect(engine="streaming")


def read_reports(paths: list[Path]) -> pl.DataFrame:
    """All records, with the number of the download that they are from, the oldest first."""
    texts = [
        pl.col(title).str.strip_chars(rules.BLANKS).replace("", None).alias(name)
        for title, name in rules.COLUMNS.items()
        if name != "occurred_at"
    ]
    repeated = ["user_id", "category", "action", "content_id", "content_name"]
    records = collected(
        pl.scan_csv(paths, infer_schema=False, include_file_paths="path")
        .select("path", *texts, pl.col("Date").str.to_datetime(rules.DATE_FORMAT).alias("occurred_at"))
        .with_columns(pl.col(repeated).cast(pl.Categorical))
    )
    reports = records.group_by("path").agg(pl.max("occurred_at"), pl.len())
    ordered = rules.in_download_order({Path(path): (last_at, count) for path, last_at, count in reports.iter_rows()})
    numbers = {str(path): number for number, path in enumerate(ordered)}
    return records.with_columns(
        pl.col("path").replace_strict(numbers, return_dtype=pl.Int32).alias("download"),
        pl.col("label").is_not_null().alias("has_label"),
    ).drop("path")


def typed_records(records: pl.DataFrame) -> pl.DataFrame:
    """Add the activity type, what the seeds say of it, and what the labels of sub-breakouts say."""
    pair = ["category", "action", "has_label"]
    pairs = records.select(pair).unique()
    pairs = pairs.with_columns(pl.Series("activity_type", rules.match_types(pairs.iter_rows()), pl.Categorical))
    is_event = pl.col("activity_family") == "session_events"
    return collected(
        records.lazy()
        .join(pairs.join(TYPES, on="activity_type").lazy(), on=pair, nulls_equal=True, maintain_order="left")
        .with_columns(
            pl.when(is_event).then(pl.col("label").str.extract(rules.BREAKOUT, group)).alias(name)
            for group, name in enumerate(["parent_name", "breakout_id"], start=1)
        )
    )


def unique_activities(records: pl.DataFrame) -> pl.DataFrame:
    """One record per activity: of equal records in several files the newest file's, as many as any one file holds."""
    identity = [
        "user_id",
        "occurred_at",
        "activity_type",
        "content_id",
        "breakout_id",
        pl.when("is_label_identity").then("label").alias("identity_label"),
        pl.when(pl.col("activity_type") == "unrecognised").then("category").alias("unknown_category"),
        pl.when(pl.col("activity_type") == "unrecognised").then("action").alias("unknown_action"),
    ]
    records = records.with_columns(pl.struct(identity).hash().alias("identity"))
    columns_of_activity = ["identity", "occurred_at"]
    is_repeated = records.select(pl.struct(columns_of_activity).is_duplicated()).to_series()
    kept = (
        records.filter(is_repeated)
        .with_columns(pl.int_range(pl.len()).over(*columns_of_activity, "download").alias("occurrence"))
        .sort("download", maintain_order=True)
        .unique([*columns_of_activity, "occurrence"], keep="last", maintain_order=True)
        .drop("occurrence")
    )
    return pl.concat([records.filter(~is_repeated), kept])


def session_events(activities: pl.DataFrame) -> pl.DataFrame:
    """Every Attend, Joined and Left of a known user with its session and room."""
    is_event = pl.col("activity_family") == "session_events"
    # What has an id in its label is no breakout if a page bears that very name.
    is_breakout = pl.col("breakout_id").is_not_null() & pl.col("label").ne_missing(pl.col("content_name"))
    events = activities.filter(is_event & is_known).select(
        *("user_id", "occurred_at", "activity_type", "content_id", "breakout_id"),
        is_breakout.alias("is_breakout"),
        pl.when(is_breakout).then("parent_name").otherwise("label").alias("session_name"),
    )

    # Pages on which a session itself was joined, left or planned, and the newest of them that carried each name.
    own = events.filter(~pl.col("is_breakout") & pl.col("content_id").is_not_null())
    pages = own["content_id"].unique()
    named = (
        own.filter(pl.col("session_name").is_not_null())
        .group_by("session_name", pl.col("content_id").cast(pl.String).alias("parent_content_id"))
        .agg(pl.max("occurred_at"))
        .sort("occurred_at", "parent_content_id")
        .unique("session_name", keep="last", maintain_order=True)
        .drop("occurred_at")
    )

    # A breakout whose page no session has to itself is where its parent is, which is found by its name.
    is_adrift = pl.col("is_breakout") & ~pl.col("content_id").is_in(pages.implode()).fill_null(False)
    parent_content_id = pl.when(is_adrift).then("parent_content_id")
    content_id = pl.coalesce(parent_content_id, pl.col("content_id").cast(pl.String))
    events = events.join(named, on="session_name", how="left").with_columns(
        pl.format("{}:{}", pl.lit(rules.SITE), content_id).alias("session_key")
    )
    is_on_page = pl.col("session_key").is_not_null()
    events = pl.concat([events.filter(is_on_page), with_meetings(events.filter(~is_on_page))])
    room_key = pl.when("is_breakout").then(pl.format("{}#{}", "session_key", "breakout_id")).otherwise("session_key")
    return events.with_columns(room_key.alias("room_key")).drop("session_name", "parent_content_id", "breakout_id")


def with_meetings(events: pl.DataFrame) -> pl.DataFrame:
    """Key meetings off any page: of one name, the next begins after hours in which nobody joined or left."""
    places = events.select("session_name").unique()
    keys = [rules.place_of_name(name) for name in places["session_name"]]
    places = places.with_columns(pl.Series("place", keys, pl.String))
    previous_live_at = pl.when(is_live).then("occurred_at").forward_fill().shift()
    gap = pl.duration(hours=SETTINGS["meeting_gap_hours"])
    is_near = (pl.col("previous_live_at") >= pl.col("occurred_at") - gap).fill_null(False)
    number = pl.col("is_first").cum_sum()
    # An Attend belongs to the next meeting, and to the last where none comes.
    meeting = pl.when(is_live).then(number).otherwise(pl.min_horizontal(number + 1, pl.col("is_first").sum()))
    return (
        events.join(places, on="session_name", nulls_equal=True)
        .sort("place", "occurred_at")
        .with_columns(previous_live_at.over("place").alias("previous_live_at"))
        .with_columns((is_live & ~is_near).cast(pl.Int64).alias("is_first"))
        .with_columns(meeting.over("place").clip(1).alias("meeting"))
        .with_columns(pl.format("{}:{}", "place", "meeting").alias("session_key"))
        .select(events.columns)
    )


def presence_evidence(activities: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The seconds in which users did something on the page of a session that shows they were there."""
    sessions = events.filter(is_live)["session_key"].unique()
    return collected(
        activities.lazy()
        .filter(pl.col("is_presence_evidence") & is_known & pl.col("content_id").is_not_null())
        .select("user_id", pl.format("{}:{}", pl.lit(rules.SITE), "content_id").alias("session_key"), "occurred_at")
        .filter(pl.col("session_key").is_in(sessions.implode()))
        .unique()
    )


def visits(events: pl.DataFrame) -> pl.LazyFrame:
    """The first Joined, the last Left and the counts of both, for each user and session joined or left."""
    return (
        events.lazy()
        .filter(is_live)
        .group_by(VISIT)
        .agg(
            pl.col("occurred_at").filter(is_joined).min().alias("first_joined_at"),
            pl.col("occurred_at").filter(is_left).max().alias("last_left_at"),
            pl.col("occurred_at").max().alias("last_seen_at"),
            is_joined.sum().alias("joined_count"),
            is_left.sum().alias("left_count"),
        )
    )


def session_windows(events: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """When each session began and ended by the log, when presence counts for it, and whether it is a meeting."""
    last_evidence = evidence.lazy().group_by(VISIT).agg(pl.max("occurred_at").alias("last_evidence_at"))
    last_evidence_at = pl.col("last_evidence_at")
    later_evidence_at = pl.when(last_evidence_at > pl.col("last_seen_at")).then(last_evidence_at)
    quantile = rules.WINDOW_QUANTILE
    inferred = (
        visits(events)
        .join(last_evidence, on=VISIT, how="left")
        .with_columns(pl.coalesce("last_left_at", later_evidence_at).alias("last_known_at"))
        .group_by("session_key")
        .agg(
            pl.coalesce(discrete_quantile("first_joined_at", quantile), pl.min("last_seen_at")).alias("started_at"),
            pl.coalesce(discrete_quantile("last_known_at", 1 - quantile), pl.max("last_seen_at")).alias("ended_at"),
        )
        .with_columns(pl.max_horizontal("started_at", "ended_at").alias("ended_at"))
    )
    is_meeting = pl.col("content_id").is_null().all() & ~pl.col("is_breakout").all()
    before = pl.duration(minutes=SETTINGS["session_buffer_before_minutes"])
    after = pl.duration(minutes=SETTINGS["session_buffer_after_minutes"])
    return collected(
        events.lazy()
        .group_by("session_key")
        .agg(is_meeting.alias("is_meeting"))
        .join(inferred, on="session_key", how="left")
        .with_columns(
            (pl.col("started_at") - before).alias("opened_at"), (pl.col("ended_at") + after).alias("closed_at")
        )
    )


def discrete_quantile(column: str, share: rules.Fraction) -> pl.Expr:
    """The value that a share of the values does not exceed: an existing value and no mean of two."""
    count = pl.col(column).count().cast(pl.Int64)
    place = ((share.numerator * count + share.denominator - 1) // share.denominator).clip(1)
    return pl.col(column).drop_nulls().sort().get(place - 1, null_on_oob=True)


def stays_of(events: pl.DataFrame) -> pl.DataFrame:
    """Stays in a room, from each second with a Joined to whatever may have ended it.

    Of windows over many small groups only those of a single cumulative function are fast, so that the rest looks at
    the neighbouring row and whether it is of the same room.
    """
    change, joined_at, left_count = pl.col("change"), pl.col("joined_at"), pl.col("left_count")
    is_first = pl.col("room").ne_missing(pl.col("room").shift())
    is_followed = pl.col("room") == pl.col("room").shift(-1)
    last_change = pl.when(is_first).then(0).when(change.shift() != 0).then(change.shift()).forward_fill()
    is_left_now = (change < 0) | ((change == 0) & (last_change <= 0))
    is_left_next = is_followed & (left_count.shift(-1) > 0)
    stays = collected(
        events.lazy()
        .filter(is_live)
        .group_by(*VISIT, "room_key", "is_breakout", pl.col("occurred_at").alias("joined_at"))
        .agg(
            is_joined.sum().cast(pl.Int64).alias("joined_count"),
            is_left.sum().cast(pl.Int64).alias("left_count"),
        )
        .sort(*ROOM, "joined_at")
        .with_columns(pl.struct(ROOM).rle_id().alias("room"), (pl.col("joined_count") - left_count).alias("change"))
        .with_columns(
            # The last second in which Joined and Left did not cancel out tells whether the user was in the room.
            pl.when(is_left_now)
            .then(joined_at)
            .otherwise(pl.when(is_left_next).then(joined_at.shift(-1)))
            .alias("next_left_at"),
            pl.when(is_followed & ~is_left_next).then(joined_at.shift(-1)).alias("next_rejoined_at"),
            change.cum_sum().over("room").alias("running"),
        )
        .with_columns(pl.col("running").cum_min().over("room").clip(upper_bound=0).alias("floor"))
        .with_columns(pl.when(pl.col("running") == pl.col("floor")).then(joined_at).alias("emptied_at"))
        .with_columns(pl.col("emptied_at").backward_fill().over("room"))
        .filter(pl.col("joined_count") > 0)
        .with_columns(pl.when(is_followed).then(joined_at.shift(-1)).alias("next_stay_at"))
        .drop("room", "joined_count", "left_count", "change", "running", "floor")
        .sort("joined_at", "session_key", "room_key")
        .with_columns(
            pl.col(key).ne_missing(pl.col(key).shift()).over("user_id").alias(f"is_{key}_move")
            for key in ("session_key", "room_key")
        )
    )
    return stays.with_columns(
        pl.when("is_breakout")
        .then(next_elsewhere(stays, "room_key"))
        .otherwise(next_elsewhere(stays, "session_key"))
        .alias("next_elsewhere_at")
    )


def next_elsewhere(stays: pl.DataFrame, key: str) -> pl.Series:
    """When, in a later second, the same user next joined another place than the one joined just before."""
    moves = stays.filter(f"is_{key}_move").select("user_id", "joined_at", pl.col("joined_at").alias("moved_at"))
    return stays.select("user_id", "joined_at").join_asof(
        moves, on="joined_at", by="user_id", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )["moved_at"]


def measured_stays(events: pl.DataFrame, evidence: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Stays laid into the window of their session, with an end for each measure."""
    left_at, elsewhere_at = pl.col("next_left_at"), pl.col("next_elsewhere_at")
    is_closed_by_left = left_at.is_not_null() & (elsewhere_at.is_null() | (left_at <= elsewhere_at))
    session_ended_at = pl.max_horizontal("ended_at", "joined_at")
    capped_at = pl.col("joined_at") + pl.duration(minutes=SETTINGS["open_stay_cap_minutes"])
    open_end_at = pl.min_horizontal("next_rejoined_at", elsewhere_at, session_ended_at, capped_at)
    first_end_at = pl.col("first_end_at")
    is_session_end = (first_end_at > pl.col("closed_at")) | (
        (first_end_at == session_ended_at)
        & first_end_at.ne_missing(pl.col("next_rejoined_at"))
        & first_end_at.ne_missing(elsewhere_at)
    )

    def laid_in(*moments: pl.Expr | str) -> pl.Expr:
        return pl.min_horizontal(pl.max_horizontal(*moments, "opened_at"), "closed_at")

    # The last evidence of a stay comes before its end and before the next stay in the room.
    limit = pl.min_horizontal("end_at", pl.col("next_stay_at") - pl.duration(seconds=1))
    evidence_at = pl.when(pl.col("evidence_at") >= pl.col("joined_at")).then("evidence_at")
    remainder = (pl.col("end_at") - pl.col("last_seen_at")).dt.total_seconds()
    share = rules.REMAINDER
    added = (2 * share.numerator * remainder + share.denominator) // (2 * share.denominator)
    return collected(
        stays_of(events)
        .lazy()
        .join(sessions.lazy(), on="session_key")
        .with_columns(is_closed_by_left.alias("is_closed_by_left"))
        .with_columns(pl.when("is_closed_by_left").then(left_at).otherwise(open_end_at).alias("first_end_at"))
        .with_columns(
            (is_session_end & ~pl.col("is_closed_by_left")).alias("is_session_end"),
            laid_in("joined_at").alias("started_at"),
            laid_in("joined_at", "first_end_at").alias("end_at"),
            laid_in("joined_at", pl.coalesce("emptied_at", "closed_at")).alias("possible_ended_at"),
        )
        .with_columns(limit.alias("limit"))
        .sort("limit")
        .join_asof(
            evidence.lazy().rename({"occurred_at": "evidence_at"}).sort("evidence_at"),
            left_on="limit",
            right_on="evidence_at",
            by=VISIT,
            coalesce=False,
            check_sortedness=False,
        )
        .with_columns(pl.max_horizontal("started_at", evidence_at).alias("last_seen_at"))
        .select(
            *VISIT,
            "started_at",
            pl.when("is_closed_by_left").then("end_at").otherwise("last_seen_at").alias("proven_ended_at"),
            pl.when("is_session_end")
            .then(pl.col("last_seen_at") + pl.duration(seconds=added))
            .otherwise("end_at")
            .alias("likely_ended_at"),
            "possible_ended_at",
        )
    )


def session_attendance(events: pl.DataFrame, evidence: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Who attended which session and for how long, as a bracket of three measures."""
    # A stay adds what lies after the latest end of all that began before it.
    is_later = pl.col("visit") == pl.col("visit").shift()

    def added(measure: str) -> pl.Expr:
        covered_until = pl.when(is_later).then(pl.col(f"{measure}_covered_until").shift())
        added_from = pl.max_horizontal("started_at", covered_until)
        return (pl.col(f"{measure}_ended_at") - added_from).dt.total_seconds().clip(0).alias(f"{measure}_seconds")

    summed = (
        measured_stays(events, evidence, sessions)
        .lazy()
        .sort(*VISIT, "started_at")
        .with_columns(pl.struct(VISIT).rle_id().alias("visit"))
        .with_columns(
            pl.col(f"{measure}_ended_at").cum_max().over("visit").alias(f"{measure}_covered_until")
            for measure in MEASURES
        )
        .select(*VISIT, *map(added, MEASURES))
        .group_by(VISIT)
        .agg(pl.len().alias("stay_count"), pl.col("proven_seconds", "likely_seconds", "possible_seconds").sum())
    )
    is_attended = pl.col(f"{SETTINGS['attendance_measure']}_seconds") >= SETTINGS["attendance_minimum_seconds"]
    return collected(
        visits(events)
        .join(sessions.lazy().select("session_key", "is_meeting"), on="session_key")
        .join(summed, on=VISIT, how="left")
        .with_columns(pl.col("stay_count", "proven_seconds", "likely_seconds", "possible_seconds").fill_null(0))
        .with_columns(is_attended.alias("is_attended"))
    )


def user_engagement(activities: pl.DataFrame, attendance: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """How often, how broadly and in which way each user took part, and a score."""
    known = activities.lazy().filter(is_known)
    counted = known.group_by("user_id").agg(
        pl.col("occurred_at").dt.date().n_unique().alias("active_day_count"),
        pl.len().alias("activity_count"),
        pl.col("activity_family").n_unique().alias("activity_family_count"),
        pl.col("content_id").drop_nulls().n_unique().alias("content_count"),
        *((pl.col("engagement_part") == part).sum().alias(f"{part}_count") for part in rules.ACT_PARTS),
    )
    on_demand = (
        known.filter(pl.col("activity_type").is_in(rules.ON_DEMAND_TYPES))
        .join(page_kinds(activities, sessions), on="content_id")
        .filter(pl.col("is_always") | (pl.col("occurred_at") > pl.col("ended_at")))
        .group_by("user_id")
        .agg(pl.col("content_id").n_unique().alias("on_demand_content_count"))
    )
    live = (
        attendance.lazy()
        .filter(~pl.col("is_meeting"))
        .group_by("user_id")
        .agg(
            pl.len().alias("live_session_count"),
            pl.col("is_attended").sum().alias("attended_session_count"),
            pl.col("likely_seconds").sum(),
        )
    )
    scores = [
        most * pl.min_horizontal(pl.col(f"{part}_count") / full_amount, 1.0)
        for part, (most, full_amount) in rules.engagement_weights().items()
    ]
    return collected(
        counted.join(live, on="user_id", how="left")
        .join(on_demand, on="user_id", how="left")
        .fill_null(0)
        .with_columns((pl.col("likely_seconds") / 60).alias("attendance_count"))
        .with_columns(pl.sum_horizontal(scores).alias("engagement_score"))
    )


def page_kinds(activities: pl.DataFrame, sessions: pl.DataFrame) -> pl.LazyFrame:
    """For each content page whether it is always on demand, and when its session ended if it is one of a session."""
    family = pl.col("activity_family")
    is_session = (family == "session_events").any()
    ended_at = sessions.lazy().select(pl.col("session_key").alias("page"), "ended_at")
    return (
        activities.lazy()
        .filter(family.is_in(["session_events", "track_events", "video_events"]) & pl.col("content_id").is_not_null())
        .group_by("content_id")
        .agg(is_session.alias("is_session"))
        .with_columns(pl.format("{}:{}", pl.lit(rules.SITE), "content_id").alias("page"))
        .join(ended_at, on="page", how="left")
        .select(
            "content_id",
            (~pl.col("is_session")).alias("is_always"),
            pl.when("is_session").then("ended_at").alias("ended_at"),
        )
    )


def standings(activities: pl.DataFrame) -> pl.DataFrame:
    """The points and ranks of each contest."""
    scope = pl.col("once_per")
    # What earns the rule only once, and there the first time.
    once = [
        pl.when(scope.is_in(["content", "question", "comment"])).then("content_id").alias("once_content"),
        pl.when(scope == "question").then("category").alias("once_category"),
        pl.when(scope.is_in(["comment", "other_user"])).then("label").alias("once_label"),
        pl.when(scope == "day").then(pl.col("occurred_at").dt.date()).alias("once_day"),
    ]
    point_rules = pl.LazyFrame(rules.point_rules()).with_columns(pl.col(pl.String).cast(pl.Categorical))
    awards = collected(
        activities.lazy()
        .filter(is_known)
        .join(point_rules, on="point_rule_key")
        .group_by("user_id", "point_rule_key", *once)
        .agg(pl.min("occurred_at").alias("awarded_at"), pl.first("rule_points"))
    )
    boards = []
    for contest_id, starts_at, ends_at in rules.contests():
        is_after_start = pl.lit(True) if starts_at is None else pl.col("awarded_at") >= starts_at
        is_before_end = pl.lit(True) if ends_at is None else pl.col("awarded_at") < ends_at
        board = (
            awards.lazy()
            .filter(is_after_start & is_before_end)
            .group_by("user_id")
            .agg(pl.sum("rule_points").alias("points"), pl.len().alias("award_count"))
            .with_columns(
                pl.lit(contest_id).alias("contest_id"), pl.col("points").rank("min", descending=True).alias("rank")
            )
        )
        boards.append(board)
    return collected(pl.concat(boards))


if __name__ == "__main__":
    typer.run(main)
