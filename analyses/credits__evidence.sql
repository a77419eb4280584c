-- Does the log support the certificates?
select
    verdict,
    count(*) as people,
    sum(earned_credits) as credits,
    sum(claimed_count)::int as claimed
from marts.fct_credit_evidence
group by verdict
order by people desc, verdict asc
