-- What explaining and looking back read: the events of a record, and the renames of a group.

-- +goose Up
create index events_record on events (record_id, seq) where record_id is not null;
create index events_renamed on events (group_id, seq) where action = 'directory.group.renamed';

-- +goose Down
-- Migrations only go forward.
select 1;
