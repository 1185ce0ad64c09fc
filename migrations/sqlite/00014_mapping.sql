-- Mapping: what a step with when "update" waits for, and why a record's mapping cannot be carried
-- out. What the mapping makes of a record is computed whenever it is asked for, and never stored.

-- +goose Up
alter table user_records add column revised boolean not null default false; -- its view was changed since it first counted
alter table user_records add column mapping_problem text;                   -- null: none, or no mapping

create index user_records_mapping on user_records (connector_id, id) where mapping_problem is not null;

-- +goose Down
-- Migrations only go forward.
select 1;
