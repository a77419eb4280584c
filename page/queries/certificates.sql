-- Who is entitled to a certificate of a session or course, who is undecidable and who is not, with the reason.
-- Names are looked up, and reasons written, only for the sessions and courses that have the first rows.
with ordered as (
    select
        key,
        sum(person_count) over (
            order by entitled = 'no', entitled desc, held_on desc nulls last
            range between unbounded preceding and current row
            exclude group
        ) as before_count
    from certificate_groups
),

listed as (
    select * from certificates
    where key in (
        select ordered.key
        from ordered
        where coalesce(ordered.before_count < getvariable('rows_at_most'), true)
    )
)

select
    listed.site_id,
    listed.user_key,
    listed.content_key,
    listed.held_on as held_date,
    coalesce(users.full_name, split_part(listed.user_key, ':', 2)) as full_name,
    users.company,
    coalesce(labels.label, listed.name) as certificate_name,
    listed.entitled,
    listed.reason,
    (select sum(certificate_groups.person_count) from certificate_groups) as total_row_count
from listed
left join restricted.user_details as users on listed.user_key = users.user_key
left join session_labels as labels on listed.key = labels.key
order by
    listed.entitled = 'no' asc,
    listed.entitled desc,
    listed.held_on desc nulls last,
    certificate_name asc,
    full_name asc,
    listed.user_key asc,
    listed.content_key asc
