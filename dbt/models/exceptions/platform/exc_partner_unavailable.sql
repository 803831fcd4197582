with partner_endpoints as (
    select * from {{ touched(ref('partner_endpoints')) }}
),

control_gaps as (
    select * from {{ touched(ref('control_gaps')) }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'partner_unavailable'
),

-- Calls fail in wall time; how long that has lasted is carried over to the business clock.
failing_endpoints as (
    select
        partner_endpoints.*,
        clock_timestamp() - coalesce(failing_since_at, last_failure_at, last_success_at, clock_timestamp()) as lasted
    from partner_endpoints
    where circuit = 'open' or blocked_until > clock_timestamp() or failing_since_at is not null
),

endpoints as (
    select
        'endpoint/' || failing.endpoint as subject_id,
        failing.thread_id,
        failing.partner_id,
        ref.as_of() - failing.lasted as since_at,
        ref.as_of() - failing.lasted + rule.grace as due_at,
        jsonb_build_object(
            'endpoint', failing.endpoint,
            'circuit', failing.circuit,
            'failing_since_at', failing.failing_since_at,
            'last_success_at', failing.last_success_at,
            'last_error', failing.last_error,
            'blocked_until', failing.blocked_until,
            'throttled_count', failing.throttled_count
        ) as evidence
    from failing_endpoints as failing
    cross join rule
),

gaps as (
    select
        'feed/' || partner_id || '/' || feed as subject_id,
        thread_id,
        partner_id,
        least(min(counted_at), ref.as_of()) as since_at,
        least(min(counted_at), ref.as_of()) as due_at,
        jsonb_build_object(
            'feed', feed,
            'missing_count', sum(missing_count),
            'windows', jsonb_agg(
                jsonb_build_object(
                    'window_from', window_from, 'window_to', window_to, 'missing_count', missing_count,
                    'missing_ids', to_jsonb(missing_ids)
                )
                order by window_from, window_to
            )
        ) as evidence
    from control_gaps
    where missing_count > 0
    group by thread_id, partner_id, feed
),

out_of_reach as (
    select * from endpoints
    union all
    select * from gaps
),

found as (
    select
        subject_id,
        thread_id,
        null::text as order_id,
        partner_id,
        null::text as warehouse_code,
        null::text as carrier_code,
        since_at,
        due_at,
        evidence
    from out_of_reach
),

{{ exception_rows('found', own_due=true) }}

select * from final
