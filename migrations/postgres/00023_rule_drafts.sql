-- Rules that somebody is writing, one draft of a connector at most; and links with which the
-- administrator of an IdP connects it without signing in.

-- +goose Up
create table rule_drafts (
    connector_id uuid primary key references connectors (id) on delete cascade,
    directory_id uuid not null,
    rules        text not null,   -- JSON, half written maybe
    based_on     bigint not null, -- the version of the rules that it was begun from
    version      bigint not null, -- rises with every change, also over a draft that is begun anew
    actor        text not null,   -- who changed it last
    updated_at   bigint not null
);

create table setup_links (
    id            uuid primary key,
    connector_id  uuid not null references connectors (id) on delete cascade,
    name          text not null, -- for whom it is
    hash          bytea not null,
    actor         text not null,
    created_at    bigint not null,
    expires_at    bigint not null,
    used_at       bigint, -- when its one credential was made
    credential_id uuid
);
create unique index setup_links_hash on setup_links (hash);
create index setup_links_connector on setup_links (connector_id);

create policy scope on rule_drafts
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on setup_links using (current_setting('app.reach', true) in (connector_id::text, 'everything'));

alter table rule_drafts enable row level security, force row level security;
alter table setup_links enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
