{% macro ranked_by_points(relation) -%}
    select
        *,
        cast(rank() over (partition by contest_id, site_id order by points desc) as bigint) as rank,
        count(*) over (partition by contest_id, site_id, points) > 1 as is_tied,
        min(points) over (
            partition by contest_id, site_id
            order by points
            range between 1 following and unbounded following
        ) as points_of_next_place
    from {{ relation }}
{%- endmacro %}
