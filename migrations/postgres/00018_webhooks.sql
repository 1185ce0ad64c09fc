-- Webhooks: who is told what changes, how far each was told, and what is still to be sent.

-- +goose Up
create table webhooks (
    id              uuid primary key,
    directory_id    uuid references directories (id) on delete cascade, -- null: of every directory
    url             text not null,
    description     text not null,
    types           text not null,          -- a JSON list of types and patterns; empty: all
    state           text collate "C" not null, -- enabled, disabled
    reason          text not null,          -- why it is disabled; empty: by an administrator
    secret          bytea not null,         -- encrypted by a key of the deployment
    old_secret      bytea,                  -- the one before, while both sign
    old_until       bigint,
    cursor_seq      bigint not null,        -- events up to this number are among the deliveries, or not wanted
    failures        bigint not null default 0, -- in a row
    failing_since   bigint,
    next_at         bigint not null default 0, -- nothing is sent before then
    last_success_at bigint,
    last_error      text not null default '',
    lease_owner     text collate "C" not null default '', -- the process that sends
    lease_until     bigint not null default 0,
    created_at      bigint not null,
    updated_at      bigint not null,
    version         bigint not null default 1
);

create table webhook_deliveries (
    id           uuid primary key,
    webhook_id   uuid not null references webhooks (id) on delete cascade,
    directory_id uuid,
    seq          bigint not null,              -- the event's number
    event_id     uuid not null,
    type         text collate "C" not null,
    ordered      uuid not null,                -- what has the same is sent one after the other
    state        text collate "C" not null,    -- pending, delivered, failed
    attempts     bigint not null default 0,
    next_at      bigint not null,
    first_at     bigint,                       -- the first attempt
    last_at      bigint,
    status       bigint not null default 0,    -- of the last answer; 0: none came
    error        text not null default '',
    took         bigint not null default 0,
    created_at   bigint not null
);
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, seq) where state = 'pending';
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_old on webhook_deliveries (last_at) where state <> 'pending';
create unique index webhook_deliveries_once on webhook_deliveries (webhook_id, event_id);

create policy scope on webhooks
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on webhook_deliveries
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table webhooks enable row level security, force row level security;
alter table webhook_deliveries enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
