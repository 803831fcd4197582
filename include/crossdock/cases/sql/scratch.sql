-- What a drain works on. `is_open` and the rest are as committed when it was gathered.
create temp table if not exists case_claimed (
    detection_id bigint primary key
);

create temp table if not exists case_concerned (
    case_id bigint primary key,
    state text not null,
    into_case_id bigint
);

create temp table if not exists case_work (
    detection_id bigint primary key,
    case_id bigint,
    is_claimed boolean not null,
    is_known boolean not null,
    is_open boolean not null,
    thread_id text not null,
    exception_code text not null,
    subject_id text not null,
    shipment_id text,
    order_id text,
    partner_id text,
    warehouse_code text,
    carrier_code text,
    since_at timestamptz not null,
    title text,
    severity text,
    owner_queue text,
    evidence_mark text not null
);

create temp table if not exists case_leads (
    case_id bigint primary key,
    detection_id bigint not null,
    state text not null,
    is_another boolean not null,
    was_code text not null,
    was_subject_id text not null
)
