-- Which sessions were renamed, and what were they called before?
select
    newest.content_name,
    names.content_name as earlier_name,
    names.content_slug as earlier_slug
from marts.dim_content_names as names
inner join marts.dim_content as newest on names.content_key = newest.content_key
where not names.is_newest
order by newest.content_name, earlier_name
