-- Reviews by their stars; of each person and page the latest.
select
    reviews.site_id,
    reviews.content_key,
    reviews.occurred_date,
    reviews.star_count,
    coalesce(content.content_name, content.content_slug, content.content_id) as content_name,
    count(*) as review_count,
    sum(reviews.star_count) as star_sum
from marts.fct_reviews as reviews
left join marts.dim_content as content on reviews.content_key = content.content_key
where reviews.is_counted
group by all
order by reviews.occurred_date desc, reviews.content_key asc, reviews.star_count asc
