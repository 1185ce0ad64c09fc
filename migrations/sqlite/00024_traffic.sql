-- What came and what it did, summed up by minute and by quarter of an hour, so that no overview
-- reads requests or events. Requests are counted with the batch that keeps them, changes with the
-- block that seals them: each once.

-- +goose Up
create table traffic (
    step         integer not null, -- seconds that the row is about: 60 or 900
    start        integer not null, -- when they begin, in seconds since 1970
    connector_id text not null,    -- zeros: of no connector
    reads        integer not null, -- requests that were answered and changed nothing
    writes       integer not null, -- requests that asked for a change and were answered
    refused      integer not null, -- requests that were answered with 4xx
    failed       integer not null, -- requests that were answered with 5xx
    changes      integer not null, -- effective changes of users, groups and memberships
    losses       integer not null, -- of them: who was disabled, deleted or left a group
    primary key (step, start, connector_id)
);

-- +goose Down
-- Migrations only go forward.
select 1;
