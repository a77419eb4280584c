-- How much of what is recognised rests on documented words?
-- documented: the guide shows them; heading: they stand in a heading; inferred: a reconstruction; site: your own alias.
select
    alias_evidence,
    count(distinct activity_type) as activity_types,
    count(*) as activities
from marts.fct_activities
group by alias_evidence
order by activities desc
