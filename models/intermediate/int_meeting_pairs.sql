-- Private meetings of two people. Each sees the other's name, so that one meeting has two names in the log.
-- Grain: one row per site, user and name of a meeting that holds another user's name, where the other's log has theirs.

{%- set separators = " ,;:.()/|–—" %}

with meeting_names as (
    select distinct
        site_id,
        user_id,
        session_name,
        {{ folded('session_name') }} as folded_name
    from {{ ref('stg_juno__session_events') }}
    where user_id is not null and content_id is null and session_name is not null and not is_breakout
),

-- Words of a name are looked up by the last one.
name_words as (
    {{ text_parts(
        'meeting_names', ['site_id', 'user_id', 'session_name', 'folded_name'], 'folded_name', separators, 'word'
    ) }}
),

meeting_users as (
    select distinct
        site_id,
        user_id
    from meeting_names
),

-- By any name that they had: a meeting keeps the name of its day.
users as (
    select distinct
        user_names.site_id,
        user_names.user_id,
        {{ folded("coalesce(user_names.first_name, '') || ' ' || coalesce(user_names.last_name, '')") }} as full_name
    from {{ ref('base_juno__user_names') }} as user_names
    inner join meeting_users
        on user_names.site_id = meeting_users.site_id and user_names.user_id = meeting_users.user_id
),

named as (
    select distinct
        name_words.site_id,
        name_words.user_id,
        name_words.session_name,
        users.user_id as named_user_id
    from name_words
    inner join users
        on
            name_words.site_id = users.site_id
            and name_words.word
            = {{ regex_group('users.full_name', '([^' ~ separators ~ ']+)[' ~ separators ~ ']*$') }}
            and contains(name_words.folded_name, users.full_name)
            and name_words.user_id <> users.user_id
),

final as (
    select
        one.site_id,
        one.user_id,
        one.session_name,
        min(least(one.user_id, other.user_id)) as first_user_id,
        min(greatest(one.user_id, other.user_id)) as second_user_id
    from named as one
    inner join named as other
        on
            one.site_id = other.site_id
            and one.user_id = other.named_user_id
            and one.named_user_id = other.user_id
    group by 1, 2, 3
)

select * from final
