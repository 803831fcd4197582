-- One list of the customers' tiers: what partners' codes are mapped to, what policies name, and whose cases are severer.
create table ref.customer_tiers (
    customer_tier text primary key check (customer_tier ~ '^[a-z][a-z0-9_]*$' and customer_tier <> 'unknown'),
    rank integer not null unique,
    raises_severity boolean not null default false,
    description text not null
);
comment on table ref.customer_tiers is
    'Every tier a customer can have, the most important first. An order whose partner names another is ''unknown''.';
comment on column ref.customer_tiers.raises_severity is 'Its cases are one severity higher, as those of regulated orders.';

insert into ref.customer_tiers (customer_tier, rank, raises_severity, description) values
    ('gold', 1, true, 'Those we cannot afford to lose.'),
    ('silver', 2, false, 'Regular customers.'),
    ('bronze', 3, false, 'Everybody else.');
-- Tiers that somebody added to the old list are kept; its own two no customer ever had.
insert into ref.customer_tiers (customer_tier, rank, raises_severity, description)
select lower(customer_tier), 100 + row_number() over (order by customer_tier), true, 'As it was in ref.priority_tiers.'
from ref.priority_tiers
where lower(customer_tier) not in ('strategic', 'platinum', 'gold', 'silver', 'bronze', 'unknown');
drop table ref.priority_tiers;

grant select, insert, update, delete on ref.customer_tiers to crossdock_app;
grant select on ref.customer_tiers to crossdock_dbt, auditor;
