"""Three marts of this project straight from the reports, as one would write them in polars.

The rules that they follow, and those left out, are in ``rules``.
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
    repeated = ["user_id", "first_name", "last_name", "category", "action", "content_id", "content_name"]
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


def session_events(activities: pl.DataFrame, records: pl.DataFrame, salt: str) -> pl.DataFrame:
    """Every Joined and Left of a known user with its session and room."""
    is_event = pl.col("activity_family") == "session_events"
    # A label with an id is no breakout if a page has that very name.
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
    events = (
        events.filter(is_live)
        .join(named, on="session_name", how="left")
        .with_columns(pl.format("{}:{}", pl.lit(rules.SITE), content_id).alias("place"))
    )
    places = places_off_page(events.filter(pl.col("place").is_null()), records, salt)
    events = events.join(places, on=["user_id", "session_name"], how="left", nulls_equal=True).with_columns(
        pl.coalesce("place", "off_page_place").alias("place"), pl.col("place").is_not_null().alias("is_on_page")
    )
    room_key = pl.when("is_breakout").then(pl.format("{}#{}", "session_key", "breakout_id")).otherwise("session_key")
    return (
        with_occurrences(events)
        .with_columns(room_key.alias("room_key"))
        .drop("session_name", "parent_content_id", "breakout_id", "off_page_place", "is_on_page")
    )


def places_off_page(events: pl.DataFrame, records: pl.DataFrame, salt: str) -> pl.DataFrame:
    """The place of each user and name of a meeting off any page."""
    meetings = events.select("user_id", "session_name").unique()
    users = meetings["user_id"].unique()
    names = records.lazy().select("user_id", "first_name", "last_name").filter(pl.col("user_id").is_in(users.implode()))
    places = rules.places_off_page(meetings.rows(), collected(names.unique()).rows(), salt)
    return meetings.with_columns(pl.Series("off_page_place", places, pl.String))


def with_occurrences(events: pl.DataFrame) -> pl.DataFrame:
    """Key sessions: the next one of a place begins with the first Joined after hours without a Joined or Left."""
    gap = pl.duration(hours=SETTINGS["meeting_gap_hours"])
    at, last_joined_at = pl.col("occurred_at"), pl.col("last_joined_at")
    long_places = (
        events.group_by("place").agg((pl.max("occurred_at") - pl.min("occurred_at") > gap).alias("is_long"))
    ).filter("is_long")["place"]
    is_in_long_place = pl.col("place").is_in(long_places.implode())
    # A Left long after the last Joined is one of a browser that was left open: it breaks no silence.
    is_believed = is_left & (last_joined_at >= at - gap)
    last_moment_at = pl.max_horizontal("last_joined_at", "last_left_at")
    number = pl.when(is_joined).then("running_number")
    numbered = (
        events.filter(is_in_long_place)
        .sort("place", "occurred_at")
        .with_columns(pl.when(is_joined).then(at).forward_fill().shift().over("place").alias("last_joined_at"))
        .with_columns(pl.when(is_believed).then(at).forward_fill().shift().over("place").alias("last_left_at"))
        .with_columns((is_joined & ~(last_moment_at >= at - gap).fill_null(False)).alias("is_first"))
        .with_columns(pl.col("is_first").cast(pl.Int64).cum_sum().over("place").alias("running_number"))
        # A Left belongs to the Joined before it.
        .with_columns(
            pl.coalesce(number.forward_fill().over("place", "user_id"), "running_number").clip(1).alias("number")
        )
    )
    events = pl.concat(
        [events.filter(~is_in_long_place).with_columns(pl.lit(1, pl.Int64).alias("number")), numbered], how="diagonal"
    )
    is_alone = pl.col("is_on_page") & (pl.col("number") == 1)
    session_key = pl.when(is_alone).then("place").otherwise(pl.format("{}:{}", "place", "number"))
    return events.with_columns(session_key.alias("session_key")).drop(
        "last_joined_at", "last_left_at", "is_first", "running_number"
    )


def presence_evidence(activities: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The seconds of what users did on the page of a session that shows they were there.

    On a page that holds several sessions it was in the last that had begun, and in the first where none had.
    """
    began_at = pl.coalesce(pl.col("occurred_at").filter(is_joined).min(), pl.col("occurred_at").min())
    sessions = events.group_by("place", "session_key").agg(began_at.alias("occurred_at")).sort("occurred_at")
    firsts = sessions.unique("place", keep="first", maintain_order=True).select("place", first="session_key")
    evidence = (
        activities.lazy()
        .filter(pl.col("is_presence_evidence") & is_known & pl.col("content_id").is_not_null())
        .select("user_id", pl.format("{}:{}", pl.lit(rules.SITE), "content_id").alias("place"), "occurred_at")
        .join(firsts.lazy(), on="place")
    )
    several = sessions.filter(pl.col("place").is_duplicated())
    if several.height:
        evidence = evidence.sort("occurred_at").join_asof(
            several.lazy(), on="occurred_at", by="place", check_sortedness=False
        )
    else:
        evidence = evidence.with_columns(session_key=pl.lit(None, pl.String))
    return collected(
        evidence.select("user_id", pl.coalesce("session_key", "first").alias("session_key"), "occurred_at").unique()
    )


def visits(events: pl.DataFrame) -> pl.LazyFrame:
    """The first and the last Joined, the last Left and the counts of both, for each user and session."""
    at = pl.col("occurred_at")
    return (
        events.lazy()
        .group_by(VISIT)
        .agg(
            at.filter(is_joined).min().alias("first_joined_at"),
            at.filter(is_joined).max().alias("last_joined_at"),
            at.filter(is_left).max().alias("last_left_at"),
            at.max().alias("last_seen_at"),
            is_joined.sum().alias("joined_count"),
            is_left.sum().alias("left_count"),
        )
    )


def session_windows(events: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """When each session began and ended by the log, when presence counts for it, and whether it is a meeting."""
    last_evidence = evidence.lazy().group_by(VISIT).agg(pl.max("occurred_at").alias("last_evidence_at"))
    last_evidence_at = pl.col("last_evidence_at")
    later_evidence_at = pl.when(last_evidence_at > pl.col("last_seen_at")).then(last_evidence_at)
    is_meeting = pl.col("content_id").is_null().all() & ~pl.col("is_breakout").all()
    outer, core = rules.WINDOW_QUANTILE, rules.CORE_QUANTILE
    straggling = pl.duration(hours=SETTINGS["straggler_hours"])
    is_early = pl.col("early_joined_at") < pl.col("core_joined_at") - straggling
    is_late = pl.col("late_known_at") > pl.col("core_known_at") + straggling
    inferred = collected(
        visits(events)
        .join(last_evidence, on=VISIT, how="left")
        .with_columns(pl.coalesce("last_left_at", later_evidence_at).alias("last_known_at"))
        .group_by("session_key")
        .agg(
            discrete_quantile("first_joined_at", outer).alias("early_joined_at"),
            discrete_quantile("first_joined_at", 1 - core).alias("core_joined_at"),
            # A log that lacks most Lefts lacks those of the end: then the last of all that is known ends it.
            pl.when(3 * pl.col("last_left_at").count() < pl.len())
            .then(pl.max("last_known_at"))
            .otherwise(discrete_quantile("last_known_at", 1 - outer))
            .alias("late_known_at"),
            # Of two people the one who goes first ends it.
            pl.when(pl.col("last_known_at").count() == 2)
            .then(pl.min("last_known_at"))
            .otherwise(discrete_quantile("last_known_at", core))
            .alias("core_known_at"),
            pl.min("last_seen_at").alias("first_seen_at"),
            pl.max("last_seen_at"),
        )
        .join(events.lazy().group_by("session_key").agg(is_meeting.alias("is_meeting")), on="session_key")
        .with_columns(
            pl.when(is_early).then("core_joined_at").otherwise("early_joined_at").alias("first_joined_at"),
            pl.when(is_late).then("core_known_at").otherwise("late_known_at").alias("last_known_at"),
        )
    )
    # A meeting without a known end lasts as long as the median one.
    length = (pl.col("last_known_at") - pl.col("first_joined_at")).alias("length")
    lengths = inferred.filter("is_meeting").select(length).filter(pl.col("length") > pl.duration())
    median = lengths.select(discrete_quantile("length", rules.Fraction(1, 2))).item() if lengths.height else None
    usual_end_at = pl.when("is_meeting").then(pl.col("first_joined_at") + pl.lit(median, pl.Duration("us")))
    started_at, ended_at = pl.col("started_at"), pl.col("ended_at")
    return (
        inferred.with_columns(
            pl.coalesce("first_joined_at", "first_seen_at").alias("started_at"),
            pl.coalesce("last_known_at", usual_end_at, "last_seen_at").alias("ended_at"),
        )
        .with_columns(pl.max_horizontal("started_at", "ended_at").alias("ended_at"))
        .select(
            *("session_key", "is_meeting", "started_at", "ended_at"),
            (started_at - pl.duration(minutes=SETTINGS["session_buffer_before_minutes"])).alias("opened_at"),
            (ended_at + pl.duration(minutes=SETTINGS["session_buffer_after_minutes"])).alias("closed_at"),
            (ended_at + straggling).alias("straggled_at"),
        )
    )


def discrete_quantile(column: str, share: rules.Fraction) -> pl.Expr:
    """The value that a share of the values does not exceed: an existing value and no mean of two."""
    count = pl.col(column).count().cast(pl.Int64)
    place = ((share.numerator * count + share.denominator - 1) // share.denominator).clip(1)
    return pl.col(column).drop_nulls().sort().get(place - 1, null_on_oob=True)


def stays_of(events: pl.DataFrame) -> pl.DataFrame:
    """Stays in a room, from each second with a Joined to whatever may have ended it; and each Left that none explains.

    Windows over many small groups are fast only with a single cumulative function, so that the rest looks at
    the neighbouring row and whether it is of the same room.
    """
    change, began_at, left_count = pl.col("change"), pl.col("began_at"), pl.col("left_count")
    is_first = pl.col("room").ne_missing(pl.col("room").shift())
    is_followed = pl.col("room") == pl.col("room").shift(-1)
    was_in = pl.when(is_first).then(0).when(change.shift() != 0).then(change.shift()).forward_fill() > 0
    open_before = pl.when(is_first).then(0).otherwise(pl.col("open_count").shift())
    is_empty, is_joined_then = pl.col("open_count") == 0, pl.col("joined_count") > 0
    is_left_now = (change < 0) | ((change == 0) & ~pl.col("was_in"))
    is_left_next = is_followed & (left_count.shift(-1) > 0)
    moments = collected(
        events.lazy()
        .group_by(*VISIT, "room_key", "is_breakout", pl.col("occurred_at").alias("began_at"))
        .agg(
            is_joined.sum().cast(pl.Int64).alias("joined_count"),
            is_left.sum().cast(pl.Int64).alias("left_count"),
        )
        .sort(*ROOM, "began_at")
        .with_columns(pl.struct(ROOM).rle_id().alias("room"), (pl.col("joined_count") - left_count).alias("change"))
        # Whether the user was in the room before shows in the last second with more of one than of the other.
        .with_columns(was_in.alias("was_in"), change.cum_sum().over("room").alias("running"))
        .with_columns(
            (pl.col("running") - pl.col("running").cum_min().over("room").clip(upper_bound=0)).alias("open_count")
        )
        .with_columns(open_before.alias("open_before"))
        .with_columns(
            # Who comes back in the second of a Left had left an empty room.
            pl.when(is_empty | (pl.col("was_in") & (pl.col("open_before") <= left_count)))
            .then(began_at)
            .alias("emptied_at"),
            pl.when(is_joined_then).then(began_at).alias("joined_at"),
        )
        .with_columns(
            pl.col("emptied_at").backward_fill().over("room"), pl.col("joined_at").backward_fill().over("room")
        )
        .with_columns(
            pl.when(is_followed).then(pl.col("joined_at").shift(-1)).alias("next_stay_at"),
            pl.when(is_empty).then(began_at).when(is_followed).then(pl.col("emptied_at").shift(-1)).alias("emptied_at"),
            pl.when(is_left_now).then(began_at).when(is_left_next).then(began_at.shift(-1)).alias("next_left_at"),
            pl.when(is_followed & ~is_left_next).then(began_at.shift(-1)).alias("next_rejoined_at"),
            pl.when(~is_first).then(began_at.shift()).alias("previous_at"),
        )
    )
    stays = (
        moments.filter(is_joined_then)
        .sort("began_at", "session_key", "room_key")
        .with_columns(
            pl.col(key).ne_missing(pl.col(key).shift()).over("user_id").alias(f"is_{key}_move")
            for key in ("session_key", "room_key")
        )
    )
    elsewhere_at = pl.when("is_breakout").then("next_room_at").otherwise("next_session_at")
    stays = stays.with_columns(
        next_elsewhere(stays, "room_key").alias("next_room_at"),
        next_elsewhere(stays, "session_key").alias("next_session_at"),
    ).with_columns(elsewhere_at.alias("next_elsewhere_at"), pl.lit(False).alias("is_unexplained"))
    # The user may have been there since whatever the room's log says before.
    unexplained = moments.filter(pl.col("open_before") + pl.col("joined_count") < left_count).select(
        *ROOM,
        "session_key",
        pl.col("previous_at").alias("began_at"),
        began_at.alias("emptied_at"),
        pl.lit(True).alias("is_unexplained"),
    )
    columns = [*ROOM, "session_key", "began_at", "emptied_at", "is_unexplained"]
    columns += ["next_stay_at", "next_left_at", "next_rejoined_at", "next_elsewhere_at"]
    return pl.concat([stays.select(columns), unexplained], how="diagonal")


def next_elsewhere(stays: pl.DataFrame, key: str) -> pl.Series:
    """When, in a later second, the same user next joined another place than the one joined just before."""
    moves = stays.filter(f"is_{key}_move").select("user_id", "began_at", pl.col("began_at").alias("moved_at"))
    return stays.select("user_id", "began_at").join_asof(
        moves, on="began_at", by="user_id", strategy="forward", allow_exact_matches=False, check_sortedness=False
    )["moved_at"]


def measured_stays(events: pl.DataFrame, evidence: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Stays laid into the window of their session, with an end for each measure."""
    left_at, emptied_at, elsewhere_at = pl.col("next_left_at"), pl.col("emptied_at"), pl.col("next_elsewhere_at")
    rejoined_at, first_end_at, straggled_at = pl.col("next_rejoined_at"), pl.col("first_end_at"), pl.col("straggled_at")
    is_closed_by_left = left_at.is_not_null() & (elsewhere_at.is_null() | (left_at <= elsewhere_at))
    is_last_joined = ~(pl.col("next_stay_at") < pl.col("balanced_at")).fill_null(False)
    is_balance_proven = is_last_joined & emptied_at.is_not_null()
    session_ended_at = pl.max_horizontal("ended_at", "began_at")
    capped_at = pl.col("began_at") + pl.duration(minutes=SETTINGS["open_stay_cap_minutes"])
    is_moved = (first_end_at == rejoined_at).fill_null(False) | (first_end_at == elsewhere_at).fill_null(False)
    is_late = first_end_at > pl.col("closed_at")
    is_open = ~pl.col("is_unexplained") & emptied_at.is_null() & ~pl.col("is_closed_by_left")

    def laid_in(*moments: pl.Expr | str) -> pl.Expr:
        return pl.min_horizontal(pl.max_horizontal(*moments, "opened_at"), "closed_at")

    # The last evidence of a stay comes before its end and before the next stay in the room. If nothing closes the stay,
    # it comes before the window closes.
    is_past_end = pl.col("is_never_closed") & pl.col("is_session_end")
    window_end_at = pl.when(is_past_end).then(pl.min_horizontal(elsewhere_at, "closed_at"))
    until_at = pl.max_horizontal("end_at", window_end_at)
    limit = pl.min_horizontal(until_at, pl.col("next_stay_at") - pl.duration(seconds=1))
    evidence_at = pl.when((pl.col("evidence_at") >= pl.col("began_at")) & ~pl.col("is_unexplained")).then("evidence_at")
    stays = collected(
        stays_of(events)
        .lazy()
        .join(sessions.lazy(), on="session_key")
        .filter(~pl.col("is_unexplained") | (emptied_at <= straggled_at))
        # A Left long after the end is one of a browser that was left open: it counts as lost.
        .with_columns(
            pl.col("began_at").fill_null(pl.col("opened_at")),
            emptied_at.alias("balanced_at"),
            pl.when(emptied_at <= straggled_at).then(emptied_at).alias("emptied_at"),
            pl.when(left_at <= straggled_at).then(left_at).alias("next_left_at"),
        )
        .with_columns(is_closed_by_left.alias("is_closed_by_left"))
        .with_columns(
            pl.when("is_unexplained")
            .then("began_at")
            .when(emptied_at.is_not_null())
            .then(emptied_at)
            .when("is_closed_by_left")
            .then(left_at)
            .otherwise(pl.min_horizontal(rejoined_at, elsewhere_at, session_ended_at, capped_at))
            .alias("first_end_at")
        )
        .with_columns(
            (is_open & (is_late | ~is_moved)).alias("is_never_closed"),
            (is_late | (first_end_at == session_ended_at)).alias("is_session_end"),
            laid_in("began_at").alias("started_at"),
            laid_in("began_at", "first_end_at").alias("end_at"),
            pl.when(is_balance_proven)
            .then(laid_in("began_at", pl.min_horizontal(emptied_at, elsewhere_at)))
            .when("is_closed_by_left")
            .then(laid_in("began_at", left_at))
            .alias("left_at"),
            laid_in("began_at", pl.coalesce(emptied_at, "closed_at")).alias("possible_ended_at"),
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
    )
    remainder = (pl.col("end_at") - pl.col("last_seen_at")).dt.total_seconds().clip(0)
    share = rules.REMAINDER
    added = (2 * share.numerator * remainder + share.denominator) // (2 * share.denominator)
    others_left_at = pl.col("others_left_at")
    return collected(
        with_others(stays, events, sessions)
        .lazy()
        .select(
            *VISIT,
            "is_unexplained",
            "started_at",
            pl.when("is_unexplained")
            .then("started_at")
            .otherwise(pl.max_horizontal("last_seen_at", "left_at"))
            .alias("proven_ended_at"),
            pl.when(others_left_at.is_not_null())
            .then(pl.min_horizontal(others_left_at, rejoined_at, elsewhere_at, "closed_at"))
            .when(pl.col("is_never_closed") & pl.col("is_session_end"))
            .then(pl.col("last_seen_at") + pl.duration(seconds=added))
            .otherwise("end_at")
            .alias("likely_ended_at"),
            "possible_ended_at",
        )
    )


def with_others(stays: pl.DataFrame, events: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Add when a share of those who were still there when an open stay was last seen had left for good."""
    stayed = pl.col("last_left_at") - pl.coalesce("first_joined_at", "started_at")
    until_left = pl.col("last_left_at") - pl.col("started_at")
    leavers = (
        collected(visits(events))
        .join(sessions.select("session_key", "started_at", "straggled_at"), on="session_key")
        # A passer-by is none of the others, nor is a person with an open stay.
        .join(stays.filter("is_never_closed").select(VISIT), on=VISIT, how="anti")
        .filter(rules.PASSER_BY.denominator * stayed >= rules.PASSER_BY.numerator * until_left)
        .filter(pl.col("last_left_at") <= pl.col("straggled_at"))
        .filter(pl.col("last_joined_at").is_null() | (pl.col("last_left_at") > pl.col("last_joined_at")))
        .select("session_key", pl.col("last_left_at").alias("others_left_at"))
        .sort("others_left_at")
        .with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).over("session_key").alias("leaver_number"))
    )
    counts = leavers.group_by("session_key").agg(pl.len().cast(pl.Int64).alias("leaver_count"))
    open_stays = stays.filter("is_never_closed")
    open_counts = open_stays.group_by("session_key").agg(pl.len().alias("open_count"))
    later_count = pl.col("leaver_count") - pl.col("leaver_number").fill_null(0)
    share = rules.LEAVERS
    leaver = pl.col("leaver_number").fill_null(0) - (-share.numerator * later_count // share.denominator)
    minimum = pl.when("is_meeting").then(1).otherwise(SETTINGS["open_stay_leavers_minimum"])
    ends = (
        open_stays.sort("last_seen_at")
        .join_asof(
            leavers,
            left_on="last_seen_at",
            right_on="others_left_at",
            by="session_key",
            check_sortedness=False,
            coalesce=False,
        )
        .join(counts, on="session_key")
        .join(open_counts, on="session_key")
        .filter((later_count >= minimum) & (2 * later_count >= pl.col("open_count")))
        .select(*VISIT, "room_key", "began_at", leaver.alias("leaver_number"))
        .join(leavers, on=["session_key", "leaver_number"])
        .drop("leaver_number")
    )
    return stays.join(ends, on=[*VISIT, "room_key", "began_at"], how="left")


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
        .select(*VISIT, "is_unexplained", *map(added, MEASURES))
        .group_by(VISIT)
        .agg(
            (~pl.col("is_unexplained")).sum().alias("stay_count"),
            pl.col("proven_seconds", "likely_seconds", "possible_seconds").sum(),
        )
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
    """How often, how broadly and how each user took part, and a score."""
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
    # The rule is earned once per scope, and there the first time.
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
