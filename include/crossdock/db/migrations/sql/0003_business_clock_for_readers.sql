-- Who may read a mart or a view may ask what time it is, without reading ref: a view calls functions as its reader.
alter function ref.as_of() security definer set search_path = pg_catalog, pg_temp;
