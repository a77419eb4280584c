-- Which credits does the log not bear out?
select
    users.full_name,
    content.content_name,
    evidence.verdict,
    evidence.earned_credit_count as credits,
    round(evidence.strict_seconds / 60)::int as strict,
    round(evidence.upper_seconds / 60)::int as upper
from marts.fct_credit_evidence as evidence
inner join restricted.user_details as users on evidence.user_key = users.user_key
inner join marts.dim_content as content on evidence.content_key = content.content_key
where evidence.verdict in ('unsupported', 'undecidable')
order by evidence.verdict, users.full_name
