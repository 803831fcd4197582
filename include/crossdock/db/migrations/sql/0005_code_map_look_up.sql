-- Staging looks codes up once a status, a line, an item. The planner takes the exclusion constraint's GiST index for
-- as cheap as code_map_by_code, and it is five times as dear: a condition that every row meets, but no query states,
-- keeps it for the constraint alone.
alter table ref.code_map drop constraint code_map_system_type_partner_id_kind_their_code_tstzrange_excl;
alter table ref.code_map add constraint code_map_one_meaning_at_a_time exclude using gist (
    system_type with =, partner_id with =, kind with =, their_code with =, tstzrange(valid_from, valid_to) with &&
) where (code_map_id > 0);
