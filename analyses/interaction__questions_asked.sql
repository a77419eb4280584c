-- What did people ask in the chat of a session?
select
    conversations.occurred_at,
    texts.activity_text as question
from marts.fct_conversations as conversations
inner join restricted.activity_texts as texts on conversations.activity_key = texts.activity_key
inner join marts.dim_content as content on conversations.content_key = content.content_key
where
    conversations.is_question
    and conversations.conversation_kind = 'chat_message'
    and content.content_name like 'Opening Keynote%'
order by conversations.occurred_at asc, question asc
limit 5
