-- Which words were recognised by a guess and need a look?
-- A row in seeds/site/site_activity_aliases.csv confirms one or corrects it.
select
    category,
    action,
    activity_type,
    alias_pattern,
    activity_count as activities
from marts.patterns_to_confirm
order by activities desc, category asc, action asc
limit 5
