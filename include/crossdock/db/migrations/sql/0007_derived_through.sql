-- What has been read is known only once it has also gone through the lane.
alter table raw.cursors add column derived_through_at timestamptz;
comment on column raw.cursors.derived_through_at is
    'Business time up to which what was read has been taken through the lane; rules that conclude from absence ask this.';
