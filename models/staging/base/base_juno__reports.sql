-- The landed reports of each site in the order of their downloads.
-- Grain: one row per report.

with reports as (
    select * from {{ source('raw', 'reports') }}
),

-- No file says when it was downloaded. Of two downloads the one that reaches further is the newer, a few records far
-- after its others not counted; the rest of the order only makes it the same on every machine.
final as (
    select
        report_id,
        site_id,
        file_name,
        record_count,
        landed_count,
        rejected_count,
        row_number() over (
            partition by site_id
            order by coalesce(usual_last_occurred_at, last_occurred_at) nulls last, record_count, report_id
        ) as download_number,
        first_occurred_at,
        last_occurred_at,
        loaded_at
    from reports
)

select * from final
