-- How requests come to connectors: what their IdPs ask, and what is wrong with the way some of it
-- comes. It tells nothing of people, and nothing rests on it.

-- +goose Up
create table contacts (
    connector_id    text not null references connectors (id) on delete cascade,
    diagnosis       text not null,
    version         text not null,
    method          text not null,
    route           text not null,
    status          integer not null,
    credential_id   text not null, -- all zeros without one
    hint            text not null,
    last_agent      text not null,
    count           integer not null,
    first_at        integer not null,
    last_at         integer not null,
    primary key (connector_id, diagnosis, version, method, route, status, credential_id, hint)
) without rowid;

-- +goose Down
-- Migrations only go forward.
select 1;
