-- Which resources were downloaded most?
select
    title,
    count(*) as downloads,
    count(distinct user_key) as people
from marts.fct_downloads
where download_kind = 'resource'
group by title
order by downloads desc, title asc
limit 5
