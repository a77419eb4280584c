-- How much of what is recognised rests on words that the guide documents.
select
    site_id,
    occurred_date,
    coalesce(alias_evidence, 'none') as alias_evidence,
    count(*) as activity_count
from marts.fct_activities
group by site_id, occurred_date, alias_evidence
order by occurred_date desc, site_id asc, alias_evidence asc
