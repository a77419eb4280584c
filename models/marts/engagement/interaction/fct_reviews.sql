-- Reviews that users left on content pages: stars and the length of the text, and which review of a user is the latest.
-- Grain: one row per review.
-- The rules, and what they cannot know: answers_and_progress_rules.md in the folder above.

with reviews as (
    select * from {{ ref('stg_juno__reviews') }}
),

pages as (
    select * from {{ ref('int_page_sessions') }}
    where occurrence_number = 1
),

-- On a page that holds several sessions, the last one that had begun.
activity_sessions as (
    select * from {{ ref('int_activity_sessions') }}
),

-- Nobody knows whose an anonymous review is, nor what one off a content page is about: none of them replaces another.
numbered as (
    select
        reviews.*,
        coalesce(activity_sessions.session_key, pages.session_key) as session_key,
        reviews.star_count > {{ var('review_star_maximum') }} as is_beyond_maximum,
        reviews.user_id is null
        or reviews.content_id is null
        or row_number() over (
            partition by reviews.site_id, reviews.user_id, reviews.content_id
            order by reviews.occurred_at desc, reviews.activity_key desc
        ) = 1 as is_latest_review
    from reviews
    left join pages on reviews.site_id = pages.site_id and reviews.content_id = pages.content_id
    left join activity_sessions on reviews.activity_key = activity_sessions.activity_key
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
