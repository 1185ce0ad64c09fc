-- SQLite samples its indexes only; no document is in one.

-- +goose Up
select 1;

-- +goose Down
-- Migrations only go forward.
select 1;
