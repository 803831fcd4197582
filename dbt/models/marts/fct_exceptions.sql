with detections as (
    select * from {{ source('ops', 'detections') }}
),

catalogue as (
    select * from {{ source('ref', 'exception_catalogue') }}
),

orders as (
    select * from {{ ref('orders') }}
),

clock as (
    select ref.as_of() as as_of
),

numbered as (
    select
        detections.*,
        row_number() over (
            partition by exception_code, subject_id order by detected_at, detection_id
        ) as occurrence
    from detections
),

final as (
    select
        numbered.detection_id,
        numbered.exception_code,
        numbered.subject_id,
        numbered.order_id,
        coalesce(numbered.partner_id, orders.source_partner_id) as partner_id,
        numbered.warehouse_code,
        numbered.carrier_code,
        catalogue.step,
        catalogue.severity,
        catalogue.owner_queue,
        numbered.detected_by as lane,
        numbered.occurrence::int as occurrence,
        numbered.occurrence > 1 as is_recurrence,
        numbered.cleared_at is null as is_open,
        numbered.since_at,
        numbered.due_at,
        numbered.detected_as_of,
        numbered.cleared_as_of,
        numbered.detected_at,
        numbered.cleared_at,
        extract(epoch from numbered.detected_as_of - numbered.due_at)::numeric as time_to_detect_seconds,
        extract(epoch from numbered.cleared_as_of - numbered.detected_as_of)::numeric as time_to_clear_seconds,
        extract(epoch from coalesce(numbered.cleared_as_of, clock.as_of) - numbered.since_at)::numeric as age_seconds
    from numbered
    join catalogue on catalogue.exception_code = numbered.exception_code
    left join orders on orders.order_id = numbered.order_id
    cross join clock
)

select * from final
