with status_beliefs as (
    select * from {{ touched(ref('status_beliefs')) }}
),

shipments as (
    select * from {{ touched(ref('shipments')) }}
),

statuses as (
    select * from {{ source('ref', 'statuses') }}
),

system_of_record as (
    select * from {{ source('ref', 'system_of_record') }}
),

rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'shipment_status_mismatch'
),

-- Systems name different steps in between; only at the gates must they agree in the end.
gates as (
    select
        declared.ordinality::int as gate,
        statuses.status_code as gate_code,
        statuses.rank,
        system_of_record.role_code as decided_by_role
    from rule
    cross join lateral jsonb_array_elements(rule.parameters -> 'gates') with ordinality as declared (gate, ordinality)
    join statuses on statuses.axis = 'shipment' and statuses.status_code = declared.gate ->> 'status_code'
    left join system_of_record on system_of_record.attribute = declared.gate ->> 'attribute'
),

-- How far each believer says it is, and how far its kind of system ever says anything.
beliefs as (
    select
        status_beliefs.*,
        (
            select coalesce(max(gates.gate), 0)
            from gates
            where gates.rank <= status_beliefs.status_rank
        ) as passed_gate,
        (
            select coalesce(max(gates.gate), 0)
            from gates
            where gates.gate_code = rule.parameters -> 'speaks_until' ->> status_beliefs.role_code
        ) as last_gate
    from status_beliefs
    cross join rule
    where status_beliefs.attribute_code = 'shipment' and status_beliefs.status_rank is not null
),

-- Of a shipment in several parcels, the one that is furthest behind counts.
current_beliefs as (
    select distinct on (subject_id, believed_by) beliefs.*
    from beliefs
    where superseded_at is null
    order by subject_id, believed_by, passed_gate, valid_at desc
),

-- Since when a believer who still says so has been past a gate.
passages as (
    select
        gates.gate,
        gates.gate_code,
        gates.decided_by_role,
        now_says.subject_id,
        now_says.believed_by,
        min(beliefs.valid_at) as passed_at
    from current_beliefs as now_says
    join gates on gates.gate <= now_says.passed_gate
    join beliefs
        on beliefs.subject_id = now_says.subject_id
        and beliefs.believed_by = now_says.believed_by
        and beliefs.passed_gate >= gates.gate
    group by gates.gate, gates.gate_code, gates.decided_by_role, now_says.subject_id, now_says.believed_by
),

disagreements as (
    select
        behind.subject_id,
        min(behind.thread_id) as thread_id,
        min(behind.order_id) as order_id,
        min(passages.passed_at) as since_at,
        array_agg(distinct behind.role_code) as waits_for,
        jsonb_agg(distinct jsonb_build_object(
            'status_code', passages.gate_code, 'said_by', passages.believed_by, 'since', passages.passed_at,
            'not_by', behind.believed_by, 'whose_word_counts', passages.decided_by_role
        )) as disagreements
    from current_beliefs as behind
    join passages
        on passages.subject_id = behind.subject_id
        and passages.gate = behind.passed_gate + 1
        and passages.gate <= behind.last_gate
    group by behind.subject_id
),

what_each_says as (
    select
        current_beliefs.subject_id,
        jsonb_agg(
            jsonb_build_object(
                'believed_by', current_beliefs.believed_by,
                'role_code', current_beliefs.role_code,
                'status_code', current_beliefs.status_code,
                'valid_at', current_beliefs.valid_at,
                'known_at', current_beliefs.known_at
            )
            order by current_beliefs.believed_by
        ) as beliefs
    from current_beliefs
    group by current_beliefs.subject_id
),

found as (
    select
        disagreements.subject_id,
        disagreements.thread_id,
        disagreements.order_id,
        null::text as partner_id,
        shipments.warehouse_code,
        shipments.carrier_code,
        disagreements.since_at,
        disagreements.waits_for,
        jsonb_build_object(
            'disagreements', disagreements.disagreements,
            'beliefs', what_each_says.beliefs,
            'tracking_number', shipments.tracking_number,
            'delivery_ref', shipments.delivery_ref
        ) as evidence
    from disagreements
    join what_each_says on what_each_says.subject_id = disagreements.subject_id
    left join shipments on shipments.shipment_id = disagreements.subject_id
),

{{ exception_rows('found', own_waits=true) }}

select * from final
