-- Who is entitled to a certificate of a session or course, who is undecidable and who is not, with the reason.
select
    certificates.site_id,
    certificates.user_key,
    certificates.content_key,
    certificates.held_on as held_date,
    coalesce(users.full_name, split_part(certificates.user_key, ':', 2)) as full_name,
    users.company,
    coalesce(labels.label, certificates.name) as certificate_name,
    certificates.entitled,
    certificates.reason,
    (select count(*) from certificates) as total_row_count
from certificates
left join restricted.user_details as users on certificates.user_key = users.user_key
left join session_labels as labels on certificates.key = labels.key
order by
    certificates.entitled = 'no' asc,
    certificates.entitled desc,
    certificates.held_on desc nulls last,
    certificate_name asc,
    full_name asc,
    certificates.user_key asc,
    certificates.content_key asc
