-- What a connector demands to be unique among its users, and when users of a directory last
-- signed in to an application.

-- +goose Up
-- One row for each value that a living user record has of an attribute which its connector says is
-- unique. Rows are added and deleted with the record's change; the primary key decides.
create table unique_values (
    connector_id uuid not null,
    attribute    text collate "C" not null, -- in schema case, an extension's with its URN
    value_key    text collate "C" not null,
    directory_id uuid not null,
    record_id    uuid not null,
    primary key (connector_id, attribute, value_key)
);
create index unique_values_record on unique_values (record_id);

-- Beside the users' own rows: a login changes no user.
create table user_logins (
    user_id      uuid primary key,
    directory_id uuid not null,
    at           bigint not null
);

create policy scope on unique_values
    using (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));
create policy scope on user_logins
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table unique_values enable row level security, force row level security;
alter table user_logins enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
