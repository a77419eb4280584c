-- How many of the recognised activities rest on documented words?
-- documented: the guide shows them; heading: they are in a heading; inferred: a reconstruction;
-- normalised: the same words in another form; site: your own alias.
select
    alias_evidence,
    count(distinct activity_type) as activity_types,
    count(*) as activities
from marts.fct_activities
group by alias_evidence
order by activities desc
