-- People with credits, once per session, by page and day, and whether the log supports a certificate.
select
    evidence.site_id,
    evidence.content_key,
    evidence.booked_date,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    evidence.verdict,
    count(*) as person_count
from marts.fct_credit_evidence as evidence
left join marts.dim_content as content on evidence.content_key = content.content_key
group by all
order by evidence.booked_date desc, content_name asc, evidence.content_key asc, evidence.verdict asc
