-- The events that share their identity with another: those of activities with several events.
-- Grain: one row per event.
-- They are few: equal records in one file, and events that differ only in what can be edited.

with events as {{ not_materialized() }} (
    select
        event_id,
        identity_hash,
        occurred_at
    from {{ ref('base_juno__events') }}
),

-- The time beside the hash makes sure that two different activities are never taken for one: they would have to share
-- both.
repeated_identities as (
    select
        identity_hash,
        occurred_at
    from events
    group by 1, 2
    having count(*) > 1
),

-- The first event is found among these few: beside the count it would take a fifth more time at ten million events.
final as (
    select
        events.event_id,
        min(events.event_id) over (partition by events.identity_hash, events.occurred_at) as first_event_id
    from events
    inner join repeated_identities
        on
            events.identity_hash = repeated_identities.identity_hash
            and events.occurred_at = repeated_identities.occurred_at
)

select * from final
