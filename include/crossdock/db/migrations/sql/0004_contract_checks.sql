-- What Great Expectations has seen of each contract, and whether it agreed with the row verdicts.

create table ops.contract_checks (
    contract_check_id bigint generated always as identity primary key,
    contract text not null,
    object text not null,
    from_record_id bigint not null,
    through_record_id bigint not null,
    rows_count bigint not null,
    failed jsonb not null default '{}',
    disagreements_count bigint not null default 0,
    disagreements jsonb not null default '[]',
    checked_at timestamptz not null default clock_timestamp()
);
create index contract_checks_by_contract on ops.contract_checks (contract, object, through_record_id);
comment on column ops.contract_checks.failed is 'Rows per rule and field that Great Expectations found wrong.';
comment on column ops.contract_checks.disagreements is
    'Rows that Great Expectations and the row verdicts judge differently: our bug, never the partner''s.';

grant select, insert, update, delete on ops.contract_checks to crossdock_app;
grant usage on all sequences in schema ops to crossdock_app;
grant select on ops.contract_checks to crossdock_dbt, auditor;
