-- Which processes serve this database now (on SQLite it is one), and which programs may.

-- +goose Up
create table replicas (
    id      text primary key,
    seen_at integer not null -- by the database's clock
);

-- The oldest program that can serve this schema, by the number of the newest migration it knows.
-- A migration that takes something away, which older programs still use, moves it; one that only
-- adds leaves it.
insert into deployment (name, value) values ('min_schema', cast('3' as blob));

-- +goose Down
-- Migrations only go forward.
select 1;
