-- What acting needs beyond the first shape: business time of an acknowledgement, and a way back for a person.
alter table ops.actions add column acknowledged_as_of timestamptz;
comment on column ops.actions.acknowledged_as_of is 'Business time; what was read of the systems before it cannot show the effect.';
comment on column ops.actions.tries is 'How often it was sent; what was not let out, or turned away unread, does not count.';
comment on column ops.actions.compensates is 'The action that this one takes back; its step stands behind those of the plan.';

create unique index actions_compensating on ops.actions (compensates) where compensates is not null;
create index cases_to_look_at on ops.cases (next_at) where state in ('verifying', 'resolved');

insert into ref.transitions (machine, from_state, event, to_state, moved_by, sentence) values
    ('case', 'triaged', 'retry', 'reopened', 'person', 'A person wants it tried once more.'),
    ('action', 'dead', 'retry', 'approved', 'person', 'A person has it tried again.'),
    ('action', 'dead', 'compensate', 'compensating', 'person', 'A person has it taken back after all.');
