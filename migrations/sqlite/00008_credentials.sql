-- Credentials of every kind, by names that tell them apart: a name is unique among those of a
-- connector that are valid, and an event finds the name of its credential after that has ended.

-- +goose Up
alter table credentials add column name_key text not null default ''; -- '': made by a version that had none
alter table credentials add column settings text not null default '{}';
alter table credentials add column ended_at integer;  -- nothing finds it since, but for events that ask for its name
alter table credentials add column warned_at integer; -- when somebody was last told that it expires

-- Names were not unique. All but the oldest of a name get the end of their id. The key forms made
-- here fold what the database folds, and are exact for every name that is given from now on.
update credentials set name = name || ' (' || substr(cast(id as text), 33) || ')'
    where exists (select 1 from credentials o
        where o.connector_id = credentials.connector_id and lower(o.name) = lower(credentials.name) and o.id < credentials.id);
update credentials set name_key = lower(name)
    where not exists (select 1 from credentials o
        where o.connector_id = credentials.connector_id and lower(o.name) = lower(credentials.name) and o.id < credentials.id);
create unique index credentials_name on credentials (connector_id, name_key) where ended_at is null and name_key <> '';
create index credentials_actor on credentials (cast(id as text));

-- +goose Down
-- Migrations only go forward.
select 1;
