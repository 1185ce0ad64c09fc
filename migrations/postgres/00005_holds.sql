-- What connectors take away: how much of it was let through, how much they supported, and what
-- their safety limits hold back.

-- +goose Up
-- One row for what a transaction let through of one kind. Rows are added, under one lock a
-- connector, and deleted after a day; total runs on, so that a window costs two look-ups.
create table losses (
    connector_id uuid not null,
    kind         text not null, -- users, memberships, keys
    total        bigint not null, -- of the kind, this row's included
    directory_id uuid not null,
    n            bigint not null,
    counted_at   bigint not null, -- never before the row before it
    primary key (connector_id, kind, total)
);
create index losses_at on losses (connector_id, kind, counted_at, total);

-- How many users and memberships a connector supported when it was measured.
create table connector_sizes (
    connector_id uuid not null,
    measured_at  bigint not null,
    directory_id uuid not null,
    users        bigint not null,
    memberships  bigint not null,
    primary key (connector_id, measured_at)
);

-- A line that stays undone: held by a limit until an administrator decides, or discarded by one.
create table holds (
    id           uuid primary key,
    directory_id uuid not null,
    connector_id uuid not null, -- whose word the line follows
    user_id      uuid not null,
    kind         text not null, -- membership, disable, delete, key
    subject      text not null, -- the group's id, the attribute, or empty
    group_id     uuid,
    state        text not null, -- held, discarded
    detail       text not null, -- JSON: why, because of what, before and after
    created_at   bigint not null,
    decided_at   bigint
);
create unique index holds_line on holds (user_id, subject);
create index holds_open on holds (connector_id, id) where state = 'held';
create index holds_group on holds (group_id) where group_id is not null and state = 'discarded';

-- A window that an administrator announced, in which a connector's losses are let through.
create table expected_changes (
    connector_id uuid primary key,
    directory_id uuid not null,
    until_at     bigint not null,
    reason       text not null,
    actor        text not null,
    created_at   bigint not null
);

create policy scope on losses
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on connector_sizes
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on holds
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on expected_changes
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table losses enable row level security, force row level security;
alter table connector_sizes enable row level security, force row level security;
alter table holds enable row level security, force row level security;
alter table expected_changes enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
