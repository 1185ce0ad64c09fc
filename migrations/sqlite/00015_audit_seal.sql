-- Sealing of events: blocks that are chained and signed. There is one writer at a time, so the
-- order of events is that of their numbers; the column for another one is always 0.

-- +goose Up
create table audit_state (
    id          integer primary key, -- always 1
    kind        text not null,       -- what a position is: transaction, time or number
    shift       integer not null,    -- what is added to a transaction's id
    dropped_seq integer not null     -- retention may delete events up to this number
);
insert into audit_state (id, kind, shift, dropped_seq) values (1, 'number', 0, 0);

alter table events add column position integer not null default 0;
alter table events add column values_hash text;  -- keyed hash of the clear values kept apart
alter table event_values add column salt text;   -- its key

create index events_position on events (position, seq) where position <> 0; -- there are none

create table audit_keys (
    id       text primary key,
    public   text not null,
    added_at integer not null
);

create table audit_blocks (
    number         integer primary key,
    previous       text not null,
    events         integer not null,
    first_position integer not null,
    first_seq      integer not null,
    last_position  integer not null,
    last_seq       integer not null,
    from_time      integer not null,
    to_time        integer not null,
    root           text not null,
    sealed_at      integer not null,
    key_id         text not null,
    hash           text not null,
    signature      text not null
);

-- The hashes of a block's events, by which a row that is not as it was is found. They go with the
-- events; the blocks stay for ever.
create table audit_leaves (
    number integer primary key,
    leaves blob not null
);

create trigger events_stay before delete on events when old.seq > (select dropped_seq from audit_state where id = 1) begin select raise(abort, 'events are only dropped by retention, in whole sealed blocks'); end;
create trigger events_are_never_changed before update on events begin select raise(abort, 'events are never changed'); end;

-- +goose Down
-- Migrations only go forward.
select 1;
