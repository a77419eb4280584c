-- How many are entitled to a certificate of each session or course, undecidable, and not entitled.
select
    certificates.site_id,
    certificates.content_key,
    certificates.held_on as held_date,
    coalesce(labels.label, certificates.name) as certificate_name,
    certificates.entitled,
    cast(sum(certificates.person_count) as bigint) as person_count
from certificate_groups as certificates
left join session_labels as labels on certificates.key = labels.key
group by all
order by
    certificates.held_on desc nulls last, certificate_name asc, certificates.content_key asc, certificates.entitled asc
