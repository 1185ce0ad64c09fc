-- Sealing of events: blocks that are chained and signed, and what their order rests on.
--
-- Transactions commit in another order than they take numbers from a sequence, so "all events up
-- to number n" may get another one later. A position is the id of the transaction that wrote the
-- event: what lies below the oldest transaction that still runs is complete for ever. Ids start
-- again in another cluster, so a shift is added, which migrating renews after a restore; then the
-- default below changes too. A database without such functions takes the time as the position,
-- and blocks stay behind it by a time of grace.

-- +goose Up
create table audit_state (
    id          bigint primary key,        -- always 1
    kind        text collate "C" not null, -- what a position is: transaction, time or number
    shift       bigint not null,           -- what is added to a transaction's id
    dropped_seq bigint not null            -- retention may delete events up to this number
);
insert into audit_state (id, kind, shift, dropped_seq) values (1, 'transaction', 0, 0);

alter table events add column position bigint not null default 0; -- events of older versions come first
alter table events add column values_hash text collate "C";       -- keyed hash of the clear values kept apart
alter table event_values add column salt text collate "C";        -- its key

-- +goose StatementBegin
do $$
begin
    if to_regprocedure('pg_current_xact_id()') is not null and to_regprocedure('pg_snapshot_xmin(pg_snapshot)') is not null then
        alter table events alter column position set default (pg_current_xact_id()::text::bigint);
    else
        alter table events alter column position set default ((extract(epoch from clock_timestamp()) * 1000000)::bigint);
        update audit_state set kind = 'time';
    end if;
end
$$;
-- +goose StatementEnd
create index events_position on events (position, seq);

create table audit_keys (
    id       text collate "C" primary key,
    public   text not null,
    added_at bigint not null
);

create table audit_blocks (
    number         bigint primary key,
    previous       text collate "C" not null,
    events         bigint not null,
    first_position bigint not null,
    first_seq      bigint not null,
    last_position  bigint not null,
    last_seq       bigint not null,
    from_time      bigint not null,
    to_time        bigint not null,
    root           text collate "C" not null,
    sealed_at      bigint not null,
    key_id         text collate "C" not null,
    hash           text collate "C" not null,
    signature      text collate "C" not null
);

-- The hashes of a block's events, by which a row that is not as it was is found. They go with the
-- events; the blocks stay for ever.
create table audit_leaves (
    number bigint primary key,
    leaves bytea not null
);

-- Nobody may delete events, but for this: whole blocks, the oldest first, and only what is older
-- than thirty days, whoever asks. It returns how many events went.
create policy scope_dropped on events for delete using (current_setting('app.retention', true) = 'on');
-- +goose StatementBegin
create function drop_sealed_events(block bigint) returns bigint language plpgsql security definer
    set search_path from current
as $$
declare
    b audit_blocks%rowtype;
    n bigint;
    reach text := current_setting('app.reach', true);
begin
    select * into b from audit_blocks where number = block;
    if not found or b.to_time > (extract(epoch from now() - interval '30 days') * 1000000)::bigint then
        raise exception 'block % is younger than thirty days, or not there', block;
    end if;
    if exists (select 1 from audit_leaves where number < block) then
        raise exception 'block % is not the oldest with events', block;
    end if;
    perform set_config('app.reach', 'everything', true), set_config('app.retention', 'on', true);
    delete from event_values where event_id in (select id from events
        where (position, seq) >= (b.first_position, b.first_seq) and (position, seq) <= (b.last_position, b.last_seq));
    delete from events where (position, seq) >= (b.first_position, b.first_seq) and (position, seq) <= (b.last_position, b.last_seq);
    get diagnostics n = row_count;
    perform set_config('app.reach', reach, true), set_config('app.retention', '', true);
    delete from audit_leaves where number = block;
    return n;
end
$$;
-- +goose StatementEnd
revoke execute on function drop_sealed_events(bigint) from public;

-- +goose Down
-- Migrations only go forward.
select 1;
