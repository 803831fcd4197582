-- What partners call our warehouses, carriers, holds and items now; a partner's own row wins over its system type's.
select distinct on (p.partner_id, m.kind, m.our_code, m.their_code)
    p.partner_id,
    m.kind,
    m.our_code,
    m.their_code
from ref.code_map as m
join ref.partners as p on p.system_type = m.system_type and m.partner_id in (p.partner_id, '*')
where p.partner_id = any(%(partners)s)
    and (m.kind in ('warehouse', 'carrier', 'hold') or (m.kind = 'sku' and m.our_code = any(%(skus)s)))
    and m.valid_from <= ref.as_of() and ref.as_of() < m.valid_to
order by p.partner_id, m.kind, m.our_code, m.their_code, (m.partner_id = '*')
