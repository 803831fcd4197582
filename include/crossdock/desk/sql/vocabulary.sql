-- What the filters offer: the states of a case, the codes of the catalogue and the causes.
select 'state' as kind, state as value, state as title, state as sorted
from (select distinct to_state as state from ref.transitions where machine = 'case') as states
union all
select 'code', exception_code, title, title from ref.exception_catalogue
union all
select 'cause', cause_code, title, title from ref.causes
order by 1, 4
