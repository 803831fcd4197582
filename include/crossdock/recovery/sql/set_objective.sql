-- The objective that holds ends now; the next one begins where it ended, with what is not said taken from it.
with ended as (
    update ref.recovery_objectives
    set valid_to = %(now)s
    where event_type = %(event_type)s and valid_from < %(now)s and valid_to > %(now)s
    returning *
)

select recover_within, data_age_limit, criticality from ended
