-- What a connector demands to be unique among its users, and when users of a directory last
-- signed in to an application.

-- +goose Up
-- One row for each value that a living user record has of an attribute which its connector says is
-- unique. Rows are added and deleted with the record's change; the primary key decides.
create table unique_values (
    connector_id text not null,
    attribute    text not null, -- in schema case, an extension's with its URN
    value_key    text not null,
    directory_id text not null,
    record_id    text not null,
    primary key (connector_id, attribute, value_key)
);
create index unique_values_record on unique_values (record_id);

-- Beside the users' own rows: a login changes no user.
create table user_logins (
    user_id      text primary key,
    directory_id text not null,
    at           integer not null
);

-- +goose Down
-- Migrations only go forward.
select 1;
