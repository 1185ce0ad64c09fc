-- Leaving: directories that are removed, connectors that let their people go, users that are
-- purged or erased, and what users are given from another directory when they come.

-- +goose Up
alter table directories add column removed_at bigint;  -- by an administrator; null: it is there
alter table directories add column purge_after bigint; -- when a removed one goes for good

-- Until when a connector that has retired lets its people wait; null: it has not. Its clock runs
-- while those of other connectors that are not live stand still.
alter table connectors add column retired_until bigint;

-- What the user was given from another directory when its first record came: JSON, the
-- directory's name and the attributes. Records speak first.
alter table users add column copied text;

create index users_purge on users (directory_id, purge_after) where status = 'deleted';
create index event_values_record on event_values (record_id) where record_id is not null;

-- What is left of the records of users who were purged: keyed hashes of their keys, by which a
-- name that comes again is known.
create table former_keys (
    directory_id uuid not null,
    kind         text collate "C" not null, -- userName, email, externalId, employeeNumber
    hash         text collate "C" not null,
    purged_at    bigint not null,
    primary key (directory_id, kind, hash)
);

create policy scope on former_keys
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
alter table former_keys enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
