-- Dialogs that moderators opened in a live session: the Moderate dialog is the one known.
-- Grain: one row per dialog opened.

with activities as (
    {{ family_activities('dialog_openings') }}
),

final as (
    select
        activity_key,
        site_id,
        user_id,
        content_id,
        activity_type,
        occurred_at,
        -- Which of the columns holds the words of the heading 'Dialog open' is not known.
        coalesce(
            label,
            {{ trimmed(regex_group(
                "category || ' ' || action", "(?is)^dialog(?: open)+(?:[ :-]+([^ :-].*))?$"
            )) }}
        ) as dialog_name,
        category,
        action,
        report_id,
        record_number
    from activities
)

select * from final
