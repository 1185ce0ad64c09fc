-- Which processes serve this database now, and which programs may.

-- +goose Up
create table replicas (
    id      uuid primary key,
    seen_at bigint not null -- by the database's clock
);

-- The oldest program that can serve this schema, by the number of the newest migration it knows.
-- A migration that takes something away, which older programs still use, moves it; one that only
-- adds leaves it, so that replicas can be replaced one by one.
insert into deployment (name, value) values ('min_schema', '3');

-- +goose Down
-- Migrations only go forward.
select 1;
