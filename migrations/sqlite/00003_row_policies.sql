-- Row policies are PostgreSQL's: SQLite has neither roles nor row-level security.

-- +goose Up
select 1;

-- +goose Down
-- Migrations only go forward.
select 1;
