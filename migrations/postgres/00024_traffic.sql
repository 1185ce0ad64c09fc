-- What came and what it did, summed up by minute and by quarter of an hour, so that no overview
-- reads requests or events. Requests are counted with the batch that keeps them, changes with the
-- block that seals them: each once.

-- +goose Up
create table traffic (
    step         bigint not null, -- seconds that the row is about: 60 or 900
    start        bigint not null, -- when they begin, in seconds since 1970
    connector_id uuid not null,   -- zeros: of no connector
    reads        bigint not null, -- requests that were answered and changed nothing
    writes       bigint not null, -- requests that asked for a change and were answered
    refused      bigint not null, -- requests that were answered with 4xx
    failed       bigint not null, -- requests that were answered with 5xx
    changes      bigint not null, -- effective changes of users, groups and memberships
    losses       bigint not null, -- of them: who was disabled, deleted or left a group
    primary key (step, start, connector_id)
);

create policy scope on traffic using (current_setting('app.reach', true) in (connector_id::text, 'everything'));
alter table traffic enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
