create temp table found (
    kind text not null,
    event text not null,
    item_key text not null,
    cause text not null,
    title text not null,
    severity text not null,
    code text,
    queues text[] not null,
    person text,
    case_id bigint,
    order_id text,
    fact text,
    happened_at timestamptz not null,
    is_news boolean not null
) on commit drop
