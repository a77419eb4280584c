-- The page with the best mean of at least three reviews.
with rated as (
    select
        reviews.content_key,
        any_value(labels.label) as content_name,
        avg(reviews.star_count) as average_stars,
        count(*) as review_count
    from marts.fct_reviews as reviews
    inner join content_labels as labels on reviews.content_key = labels.key
    where reviews.is_counted and reviews.star_count is not null
    group by reviews.content_key
    having count(*) >= 3
),

ranked as (
    select
        *,
        rank() over (order by average_stars desc) as place_number,
        count(*) over () as rated_count
    from rated
)

select
    count(*) as tied_count,
    string_agg(content_name, ' and ' order by content_name) as content_name,
    3 as least_count,
    any_value(average_stars) as average_stars,
    min(review_count) as review_count
from ranked
where place_number = 1 and rated_count > 1
having count(*) <= 2
