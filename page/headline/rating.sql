-- The mean of the reviews that count, and how many there are.
select
    avg(star_count) as average_stars,
    count(star_count) as review_count,
    count(distinct user_key) filter (where star_count is not null) as reviewer_count
from marts.fct_reviews
where is_counted
having count(star_count) > 0
