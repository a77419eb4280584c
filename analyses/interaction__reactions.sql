-- Which emojis did people send, and where?
-- The sample's owner has named these records: seeds/site/site_activity_aliases.csv.
select
    content.content_name,
    reactions.emoji_name,
    count(*) as reactions
from marts.fct_reactions as reactions
inner join marts.dim_content as content on reactions.content_key = content.content_key
group by content.content_key, content.content_name, reactions.emoji_name
order by reactions desc, content.content_name asc
