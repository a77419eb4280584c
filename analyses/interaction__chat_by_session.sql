-- Which sessions had the most chat?
select
    content.content_name,
    count(*) as messages,
    count(distinct conversations.user_key) as people,
    count(*) filter (where conversations.is_question) as questions
from marts.fct_conversations as conversations
inner join marts.dim_content as content on conversations.content_key = content.content_key
where conversations.conversation_kind = 'chat_message'
group by content.content_key, content.content_name
order by messages desc, content.content_name asc
limit 5
