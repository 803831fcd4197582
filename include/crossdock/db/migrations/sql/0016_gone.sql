-- What a source has deleted: its records stay, and nothing is derived from them any more.

create table raw.gone (
    feed_id integer not null,
    native_id text not null,
    gone_at timestamptz not null default clock_timestamp(),
    learnt_from text not null,
    primary key (feed_id, native_id)
);
comment on table raw.gone is 'Objects that their source has deleted; a source gives no number twice, so none comes back.';
comment on column raw.gone.learnt_from is 'How we know: the idempotency key of the command of ours that deleted it.';

grant select, insert on raw.gone to crossdock_app;
grant select on raw.gone to crossdock_dbt, auditor;
