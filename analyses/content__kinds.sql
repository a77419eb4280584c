-- What kinds of pages are there, and how was each classified?
select
    content_kind,
    content_kind_evidence,
    count(*) as pages,
    sum(activity_count)::int as activities
from marts.dim_content
group by content_kind, content_kind_evidence
order by pages desc, content_kind asc
