-- Questions asked and voted for in live Q&A. The guide shows no record of them: they come in by a
-- site's own aliases.
-- Grain: one row per question asked or vote for a question.

with activities as (
    {{ family_activities('qa_events') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        label as question_text,
        report_id,
        record_number
    from activities
)

select * from final
