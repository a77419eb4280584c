-- What do the reviews say?
select
    content.content_name,
    reviews.star_count as stars,
    texts.activity_text as review
from marts.fct_reviews as reviews
inner join restricted.activity_texts as texts on reviews.activity_key = texts.activity_key
inner join marts.dim_content as content on reviews.content_key = content.content_key
order by stars, content.content_name, review
limit 5
