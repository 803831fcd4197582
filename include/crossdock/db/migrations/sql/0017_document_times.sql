-- How much came in of late is read from the end of the table: documents are only ever added.
create index documents_by_time on raw.documents using brin (received_at);
