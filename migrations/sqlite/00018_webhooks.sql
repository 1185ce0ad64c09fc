-- Webhooks: who is told what changes, how far each was told, and what is still to be sent.

-- +goose Up
create table webhooks (
    id              text primary key,
    directory_id    text references directories (id) on delete cascade, -- null: of every directory
    url             text not null,
    description     text not null,
    types           text not null,          -- a JSON list of types and patterns; empty: all
    state           text not null, -- enabled, disabled
    reason          text not null,          -- why it is disabled; empty: by an administrator
    secret          blob not null,         -- encrypted by a key of the deployment
    old_secret      blob,                  -- the one before, while both sign
    old_until       integer,
    cursor_seq      integer not null,        -- events up to this number are among the deliveries, or not wanted
    failures        integer not null default 0, -- in a row
    failing_since   integer,
    next_at         integer not null default 0, -- nothing is sent before then
    last_success_at integer,
    last_error      text not null default '',
    lease_owner     text not null default '', -- the process that sends
    lease_until     integer not null default 0,
    created_at      integer not null,
    updated_at      integer not null,
    version         integer not null default 1
);

create table webhook_deliveries (
    id           text primary key,
    webhook_id   text not null references webhooks (id) on delete cascade,
    directory_id text,
    seq          integer not null,              -- the event's number
    event_id     text not null,
    type         text not null,
    ordered      text not null,                -- what has the same is sent one after the other
    state        text not null,    -- pending, delivered, failed
    attempts     integer not null default 0,
    next_at      integer not null,
    first_at     integer,                       -- the first attempt
    last_at      integer,
    status       integer not null default 0,    -- of the last answer; 0: none came
    error        text not null default '',
    took         integer not null default 0,
    created_at   integer not null
);
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, seq) where state = 'pending';
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_old on webhook_deliveries (last_at) where state <> 'pending';
create unique index webhook_deliveries_once on webhook_deliveries (webhook_id, event_id);

-- +goose Down
-- Migrations only go forward.
select 1;
