-- How requests come to connectors: what their IdPs ask, and what is wrong with the way some of it
-- comes. It tells nothing of people, and nothing rests on it.

-- +goose Up
create table contacts (
    connector_id    uuid not null references connectors (id) on delete cascade,
    diagnosis       text not null,
    version         text not null,
    method          text not null,
    route           text not null,
    status          integer not null,
    credential_id   uuid not null, -- all zeros without one
    hint            text not null,
    last_agent      text not null,
    count           bigint not null,
    first_at        bigint not null,
    last_at         bigint not null,
    primary key (connector_id, diagnosis, version, method, route, status, credential_id, hint)
);

create policy scope on contacts using (current_setting('app.reach', true) in (connector_id::text, 'everything'));
alter table contacts enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
