-- Plans: what a change of rules or mode would do, before it is done; the jobs that do it; and
-- every set of rules a connector ever had.

-- +goose Up
create table plans (
    id            uuid primary key,
    directory_id  uuid not null,
    connector_id  uuid not null,
    draft         text not null,            -- JSON: the rules, the mode or the retirement that is planned
    state         text not null,            -- making (by a change that applies it at once), running, ready, failed, applied
    hash          text not null default '', -- of the draft, what it was planned on, and the outcome
    outcome       text not null default '', -- hash of what every person gets
    epoch         bigint not null,          -- of the directory, the connector's rules and its mode when it was made
    rules_version bigint not null,
    mode          text not null,
    counts        text not null default '{}',
    heard         bigint not null default 0, -- the connector's newest event when it was begun
    done          bigint not null default 0,
    total         bigint not null default 0,
    actor         text not null,
    problem       text not null default '',
    created_at    bigint not null,
    beat_at       bigint not null           -- the last sign of life of the process that makes it
);
create unique index plans_running on plans (connector_id) where state = 'running';
create index plans_connector on plans (connector_id, created_at);

-- Whom a plan visits, in order. A newcomer is a record without a user.
create table plan_users (
    plan_id      uuid not null,
    seq          bigint not null,
    directory_id uuid not null,
    connector_id uuid not null,
    user_id      uuid,
    record_id    uuid,
    user_name    text not null,
    hash         text not null, -- of the lines' outcome
    losses       text,          -- JSON: what the person loses, which applying the plan confirms
    primary key (plan_id, seq)
);
create index plan_users_user on plan_users (plan_id, user_id) where losses is not null;

-- A plan's lines. place orders them: losses first, then as the people come.
create table plan_changes (
    plan_id      uuid not null,
    place        bigint not null,
    directory_id uuid not null,
    connector_id uuid not null,
    op           text not null,
    user_id      uuid,
    user_name    text not null,
    group_id     uuid,
    group_key    text collate "C" not null default '',
    group_name   text not null default '',
    code         text not null default '', -- of the reason
    because      text not null default '{}',
    detail       text not null default '{}',
    primary key (plan_id, place)
);

create table jobs (
    id           uuid primary key,
    directory_id uuid not null,
    connector_id uuid not null,
    plan_id      uuid not null,
    state        text not null, -- running, done, failed, cancelled
    draft        text not null,
    former       text not null, -- JSON: the rules and the mode before it
    at_seq       bigint not null default 0, -- the last of the plan's people that was visited
    checking     boolean not null default false, -- all were visited; now it looks for those whom requests changed meanwhile
    done         bigint not null default 0,
    total        bigint not null default 0,
    failed       bigint not null default 0,
    actor        text not null,
    comment      text not null default '',
    problem      text not null default '',
    way_back     uuid, -- the plan that undoes what a cancelled job has done
    created_at   bigint not null,
    beat_at      bigint not null,
    finished_at  bigint
);
create unique index jobs_running on jobs (directory_id) where state = 'running';
create index jobs_directory on jobs (directory_id, id);

create table rule_versions (
    connector_id uuid not null,
    version      bigint not null,
    directory_id uuid not null,
    rules        text not null,
    actor        text not null,
    comment      text not null default '',
    plan_id      uuid,
    created_at   bigint not null,
    primary key (connector_id, version)
);
-- The row policies bind the tables' owner too.
select set_config('app.reach', 'everything', true);
insert into rule_versions (connector_id, version, directory_id, rules, actor, created_at)
select id, rules_version, directory_id, rules, '', updated_at from connectors;
select set_config('app.reach', '', true);

create policy scope on plans
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on plan_users
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on plan_changes
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on jobs
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on rule_versions
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table plans enable row level security, force row level security;
alter table plan_users enable row level security, force row level security;
alter table plan_changes enable row level security, force row level security;
alter table jobs enable row level security, force row level security;
alter table rule_versions enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
