-- Each person with credits of a session or page, and whether the log supports a certificate.
select
    evidence.site_id,
    evidence.user_key,
    evidence.content_key,
    evidence.booked_date,
    coalesce(users.full_name, evidence.user_id) as full_name,
    users.company,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    evidence.verdict,
    cast(evidence.earned_credits as double) as credit_amount,
    evidence.proven_seconds,
    evidence.likely_seconds,
    evidence.possible_seconds,
    (select count(*) from marts.fct_credit_evidence) as total_row_count
from marts.fct_credit_evidence as evidence
left join restricted.user_details as users on evidence.user_key = users.user_key
left join marts.dim_content as content on evidence.content_key = content.content_key
order by
    evidence.verdict = 'supported' desc,
    evidence.verdict = 'undecidable' desc,
    content_name asc,
    full_name asc,
    evidence.user_key asc,
    evidence.content_key asc,
    evidence.booked_date asc,
    evidence.session_key asc
