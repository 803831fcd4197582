-- How much came in of late. Not by ranges of pages (brin): what retention updates is written wherever there is room, and
-- every range would come to hold all times.
create index documents_by_time on raw.documents (received_at);
