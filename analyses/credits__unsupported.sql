-- Which credits does the log not support?
select
    users.full_name,
    content.content_name,
    evidence.verdict,
    evidence.earned_credits as credits,
    round(evidence.proven_seconds / 60)::int as proven,
    round(evidence.possible_seconds / 60)::int as possible
from marts.fct_credit_evidence as evidence
inner join restricted.user_details as users on evidence.user_key = users.user_key
inner join marts.dim_content as content on evidence.content_key = content.content_key
where evidence.verdict in ('unsupported', 'undecidable')
order by evidence.verdict, users.full_name
