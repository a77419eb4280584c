-- The awards that fall into the span of a contest, by day and by the reset that they count from.
-- Grain: one row per contest, site, user, rule, reset and day.
-- The rules: leaderboard_rules.md beside this file.

with points_awarded as (
    select * from {{ ref('fct_points_awarded') }}
),

contests as (
    select * from {{ ref('contests') }}
),

contest_users as (
    select * from {{ ref('int_contest_users') }}
),

resets as (
    select
        site_id,
        reset_at,
        lead(reset_at) over (partition by site_id order by reset_at) as next_reset_at
    from {{ ref('point_resets') }}
),

newest_resets as (
    select
        contests.contest_id,
        resets.site_id,
        max(resets.reset_at) as reset_at
    from contests
    inner join resets on contests.follows_resets and (contests.ends_at is null or contests.ends_at > resets.reset_at)
    group by 1, 2
),

summed as (
    select
        contest_users.contest_id,
        points_awarded.user_key,
        points_awarded.site_id,
        points_awarded.user_id,
        points_awarded.point_rule_key,
        resets.reset_at as counted_from,
        {{ local_date('points_awarded.awarded_at') }} as awarded_date,
        max(points_awarded.awarded_at) as last_awarded_at,
        cast(sum(points_awarded.points) as bigint) as points,
        count(*) as award_count
    from points_awarded
    inner join contest_users on points_awarded.user_key = contest_users.user_key
    inner join contests
        on
            contest_users.contest_id = contests.contest_id
            and {{ in_span('points_awarded.awarded_at', 'contests.starts_at', 'contests.ends_at') }}
    left join resets
        on
            contests.follows_resets
            and points_awarded.site_id = resets.site_id
            and points_awarded.awarded_at >= resets.reset_at
            and (resets.next_reset_at is null or points_awarded.awarded_at < resets.next_reset_at)
    group by 1, 2, 3, 4, 5, 6, 7
),

final as (
    select
        summed.user_key,
        summed.contest_id,
        summed.site_id,
        summed.user_id,
        summed.point_rule_key,
        newest_resets.reset_at is null or coalesce(summed.counted_from = newest_resets.reset_at, false) as is_current,
        summed.counted_from,
        summed.awarded_date,
        summed.last_awarded_at,
        summed.points,
        summed.award_count
    from summed
    left join newest_resets
        on summed.contest_id = newest_resets.contest_id and summed.site_id = newest_resets.site_id
)

select * from final
