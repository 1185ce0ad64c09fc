-- A person who was queued several times is settled once for all of them, so the queue is asked by
-- record, too.

-- +goose Up
create index settle_queue_record on settle_queue (record_id);

-- +goose Down
-- Migrations only go forward.
select 1;
