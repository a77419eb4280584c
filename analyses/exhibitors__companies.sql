-- Which companies came to a booth?
select
    company,
    count(distinct user_key) as people,
    sum(touch_count)::int as touches
from marts.fct_exhibitor_leads
where exhibitor_name = 'Tidewater LMS' and not is_staff and not is_own_people
group by company
order by people desc, company asc
limit 5
