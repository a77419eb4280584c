-- Standings of every contest as of the end of each day on which it saw an award or a reset.
-- Grain: one row per contest, site, user and such day; only the newest days and the first places.
-- The rules and the two bounds: leaderboard_rules.md beside this file.

with contest_points as (
    select * from {{ ref('fct_contest_points') }}
),

contests as (
    select * from {{ ref('contests') }}
),

point_resets as (
    select * from {{ ref('point_resets') }}
),

-- The days, each with the newest reset that points count from at its end.
contest_days as (
    select
        contest_id,
        site_id,
        awarded_date as standing_date,
        counted_from
    from contest_points
    union all
    select
        contests.contest_id,
        point_resets.site_id,
        {{ local_date('point_resets.reset_at') }} as standing_date,
        point_resets.reset_at as counted_from
    from contests
    inner join point_resets
        on
            contests.follows_resets
            and {{ in_span('point_resets.reset_at', 'contests.starts_at', 'contests.ends_at') }}
),

numbered_days as (
    select
        contest_id,
        site_id,
        standing_date,
        max(counted_from) as counted_from,
        row_number() over (partition by contest_id, site_id order by standing_date) as day_number,
        count(*) over (partition by contest_id, site_id) as day_count
    from contest_days
    group by 1, 2, 3
),

resets as (
    select
        contest_id,
        site_id,
        counted_from,
        max(day_number) + 1 as until_day_number
    from numbered_days
    group by 1, 2, 3
),

user_days as (
    select
        contest_id,
        user_key,
        site_id,
        user_id,
        counted_from,
        awarded_date,
        cast(sum(points) as bigint) as points
    from contest_points
    group by 1, 2, 3, 4, 5, 6
),

-- A user's points from one day with an award to the next or to a reset, so that a day without one needs no row.
spans as (
    select
        user_days.contest_id,
        user_days.user_key,
        user_days.site_id,
        user_days.user_id,
        numbered_days.day_number as from_day_number,
        coalesce(lead(numbered_days.day_number) over of_user, resets.until_day_number) as until_day_number,
        user_days.points as points_of_day,
        cast(sum(user_days.points) over of_user as bigint) as points
    from user_days
    inner join numbered_days
        on
            user_days.contest_id = numbered_days.contest_id
            and user_days.site_id = numbered_days.site_id
            and user_days.awarded_date = numbered_days.standing_date
    inner join resets
        on
            user_days.contest_id = resets.contest_id
            and user_days.site_id = resets.site_id
            and user_days.counted_from is not distinct from resets.counted_from
    window of_user as (
        partition by user_days.contest_id, user_days.user_key, user_days.counted_from
        order by numbered_days.day_number
    )
),

-- On a day with a reset, points earned before it make no span, because they count at the end of no day.
linked as (
    select
        *,
        lag(points) over of_user as previous_points,
        lag(until_day_number) over of_user as previous_until_day_number
    from spans
    where from_day_number < until_day_number
    window of_user as (partition by contest_id, user_key order by from_day_number)
),

-- One day more than is shown, for its ranks are the previous ones of the first day shown.
history_days as (
    select * from numbered_days
    where day_number >= day_count - {{ var('leaderboard_history_days') }}
),

-- People with the same points share a rank, so ranks are found per number of points: there are far fewer of these.
points_held as (
    select
        history_days.contest_id,
        history_days.site_id,
        history_days.day_number,
        linked.points,
        count(*) as user_count
    from history_days
    inner join linked
        on
            history_days.contest_id = linked.contest_id
            and history_days.site_id = linked.site_id
            and history_days.day_number >= linked.from_day_number
            and history_days.day_number < linked.until_day_number
    group by 1, 2, 3, 4
),

ranks as (
    select
        *,
        cast(
            sum(user_count) over (
                partition by contest_id, site_id, day_number
                order by points desc
                rows between unbounded preceding and current row
            ) - user_count + 1 as bigint
        ) as rank
    from points_held
),

final as (
    select
        linked.user_key,
        linked.contest_id,
        contests.contest_name,
        linked.site_id,
        linked.user_id,
        history_days.standing_date,
        history_days.day_number = history_days.day_count as is_latest,
        ranks.rank,
        previous_ranks.rank as previous_rank,
        previous_ranks.rank - ranks.rank as movement,
        linked.points,
        case when history_days.day_number = linked.from_day_number then linked.points_of_day else 0 end as points_of_day
    from linked
    inner join contests on linked.contest_id = contests.contest_id
    inner join history_days
        on
            linked.contest_id = history_days.contest_id
            and linked.site_id = history_days.site_id
            and linked.from_day_number <= history_days.day_number
            and linked.until_day_number > history_days.day_number
            and history_days.day_number > history_days.day_count - {{ var('leaderboard_history_days') }}
    inner join ranks
        on
            history_days.contest_id = ranks.contest_id
            and history_days.site_id = ranks.site_id
            and history_days.day_number = ranks.day_number
            and linked.points = ranks.points
            and ranks.rank <= {{ var('leaderboard_history_places') }}
    left join ranks as previous_ranks
        on
            history_days.contest_id = previous_ranks.contest_id
            and history_days.site_id = previous_ranks.site_id
            and history_days.day_number - 1 = previous_ranks.day_number
            and case
                when linked.from_day_number < history_days.day_number then linked.points
                when linked.previous_until_day_number = linked.from_day_number then linked.previous_points
            end = previous_ranks.points
)

select * from final
