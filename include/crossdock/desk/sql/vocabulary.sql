-- What the filters offer: the states of a case and the codes of the catalogue.
select 'state' as kind, state as value, state as title, state as sorted
from (select distinct to_state as state from ref.transitions where machine = 'case') as states
union all
select 'code', exception_code, title, title from ref.exception_catalogue
order by 1, 4
