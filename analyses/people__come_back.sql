-- Do people come back after their first week?
select
    cohort_week_date as first_week,
    max(cohort_user_count)::int as people,
    round(max(retention_ratio) filter (where weeks_since_first = 1), 2) as week_1,
    round(max(retention_ratio) filter (where weeks_since_first = 2), 2) as week_2
from marts.fct_cohort_retention
group by cohort_week_date
order by cohort_week_date
