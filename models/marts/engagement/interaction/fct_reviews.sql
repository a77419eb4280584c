-- Reviews that users left on content pages: stars and the length of the text, and which review of a user is the latest.
-- Grain: one row per review.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with reviews as (
    {{ with_session_key(ref('stg_juno__reviews')) }}
),

-- Nobody knows whose an anonymous review is, nor what one off a content page is about: none of them replaces another.
numbered as (
    select
        *,
        star_count > {{ var('review_star_maximum') }} as is_beyond_maximum,
        user_id is null
        or content_id is null
        or row_number() over (
            partition by site_id, user_id, content_id
            order by occurred_at desc, activity_key desc
        ) = 1 as is_latest_review
    from reviews
),

final as (
    select
        activity_key,
        site_id || ':' || user_id as user_key,
        site_id || ':' || content_id as content_key,
        session_key,
        site_id,
        user_id,
        content_id,
        occurred_at,
        {{ local_date('occurred_at') }} as occurred_date,
        cast(star_count as bigint) as star_count,
        is_star_count_unparsed,
        coalesce(is_beyond_maximum, false) as is_star_count_beyond_maximum,
        review_text is not null as has_text,
        cast(coalesce(length(review_text), 0) as bigint) as text_length_characters,
        is_latest_review,
        is_latest_review and coalesce(not is_beyond_maximum and star_count > 0, false) as is_counted,
        report_id,
        record_number
    from numbered
)

select * from final
