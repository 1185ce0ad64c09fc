-- Plans: what a change of rules or mode would do, before it is done; the jobs that do it; and
-- every set of rules a connector ever had.

-- +goose Up
create table plans (
    id            text primary key,
    directory_id  text not null,
    connector_id  text not null,
    draft         text not null,            -- JSON: the rules, the mode or the retirement that is planned
    state         text not null,            -- making (by a change that applies it at once), running, ready, failed, applied
    hash          text not null default '', -- of the draft, what it was planned on, and the outcome
    outcome       text not null default '', -- hash of what every person gets
    epoch         integer not null,          -- of the directory, the connector's rules and its mode when it was made
    rules_version integer not null,
    mode          text not null,
    counts        text not null default '{}',
    heard         integer not null default 0, -- the connector's newest event when it was begun
    done          integer not null default 0,
    total         integer not null default 0,
    actor         text not null,
    problem       text not null default '',
    created_at    integer not null,
    beat_at       integer not null           -- the last sign of life of the process that makes it
);
create unique index plans_running on plans (connector_id) where state = 'running';
create index plans_connector on plans (connector_id, created_at);

-- Whom a plan visits, in order. A newcomer is a record without a user.
create table plan_users (
    plan_id      text not null,
    seq          integer not null,
    directory_id text not null,
    connector_id text not null,
    user_id      text,
    record_id    text,
    user_name    text not null,
    hash         text not null, -- of the lines' outcome
    losses       text,          -- JSON: what the person loses, which applying the plan confirms
    primary key (plan_id, seq)
);
create index plan_users_user on plan_users (plan_id, user_id) where losses is not null;

-- A plan's lines. place orders them: losses first, then as the people come.
create table plan_changes (
    plan_id      text not null,
    place        integer not null,
    directory_id text not null,
    connector_id text not null,
    op           text not null,
    user_id      text,
    user_name    text not null,
    group_id     text,
    group_key    text not null default '',
    group_name   text not null default '',
    code         text not null default '', -- of the reason
    because      text not null default '{}',
    detail       text not null default '{}',
    primary key (plan_id, place)
);

create table jobs (
    id           text primary key,
    directory_id text not null,
    connector_id text not null,
    plan_id      text not null,
    state        text not null, -- running, done, failed, cancelled
    draft        text not null,
    former       text not null, -- JSON: the rules and the mode before it
    at_seq       integer not null default 0, -- the last of the plan's people that was visited
    checking     boolean not null default false, -- all were visited; now it looks for those whom requests changed meanwhile
    done         integer not null default 0,
    total        integer not null default 0,
    failed       integer not null default 0,
    actor        text not null,
    comment      text not null default '',
    problem      text not null default '',
    way_back     text, -- the plan that undoes what a cancelled job has done
    created_at   integer not null,
    beat_at      integer not null,
    finished_at  integer
);
create unique index jobs_running on jobs (directory_id) where state = 'running';
create index jobs_directory on jobs (directory_id, id);

create table rule_versions (
    connector_id text not null,
    version      integer not null,
    directory_id text not null,
    rules        text not null,
    actor        text not null,
    comment      text not null default '',
    plan_id      text,
    created_at   integer not null,
    primary key (connector_id, version)
);
insert into rule_versions (connector_id, version, directory_id, rules, actor, created_at)
select id, rules_version, directory_id, rules, '', updated_at from connectors;

-- +goose Down
-- Migrations only go forward.
select 1;
