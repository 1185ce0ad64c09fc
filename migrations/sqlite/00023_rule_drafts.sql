-- Rules that somebody is writing, one draft of a connector at most; and links with which the
-- administrator of an IdP connects it without signing in.

-- +goose Up
create table rule_drafts (
    connector_id text primary key references connectors (id) on delete cascade,
    directory_id text not null,
    rules        text not null,    -- JSON, half written maybe
    based_on     integer not null, -- the version of the rules that it was begun from
    version      integer not null, -- rises with every change, also over a draft that is begun anew
    actor        text not null,    -- who changed it last
    updated_at   integer not null
);

create table setup_links (
    id            text primary key,
    connector_id  text not null references connectors (id) on delete cascade,
    name          text not null, -- for whom it is
    hash          blob not null,
    actor         text not null,
    created_at    integer not null,
    expires_at    integer not null,
    used_at       integer, -- when its one credential was made
    credential_id text
);
create unique index setup_links_hash on setup_links (hash);
create index setup_links_connector on setup_links (connector_id);

-- +goose Down
-- Migrations only go forward.
select 1;
