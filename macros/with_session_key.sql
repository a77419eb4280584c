{#- A page with one session decides it; on a page with several the activity's own time does. -#}
{% macro with_session_key(relation) -%}
    select
        activities.*,
        coalesce(activity_sessions.session_key, pages.session_key) as session_key
    from {{ relation }} as activities
    left join {{ ref('int_page_sessions') }} as pages
        on
            activities.site_id = pages.site_id
            and activities.content_id = pages.content_id
            and pages.occurrence_number = 1
    left join {{ ref('int_activity_sessions') }} as activity_sessions
        on activities.activity_key = activity_sessions.activity_key
{%- endmacro %}
