-- Who moderated?
select
    users.full_name,
    count(*) as dialogs_opened
from marts.fct_platform_events as events
inner join restricted.user_details as users on events.user_key = users.user_key
where events.platform_event = 'moderate_dialog_opened'
group by users.user_key, users.full_name
order by dialogs_opened desc, users.full_name asc
