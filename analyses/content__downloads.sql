-- Which resources were downloaded most, and where?
-- Two pages may both offer a price list.
select
    downloads.title,
    content.content_name,
    count(*) as downloads,
    count(distinct downloads.user_key) as people
from marts.fct_downloads as downloads
left join marts.dim_content as content on downloads.content_key = content.content_key
where downloads.download_kind = 'resource'
group by downloads.title, content.content_key, content.content_name
order by downloads desc, downloads.title asc, content.content_name asc
limit 5
