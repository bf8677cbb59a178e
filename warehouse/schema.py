"""Schemas of the warehouse, and the tables of `ops` and `vault`. All statements are idempotent."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.roles import create_roles

SCHEMAS = (
    "raw",
    "quarantine",
    "vault",
    "staging",
    "intermediate",
    "marts",
    "features",
    "predictions",
    "tags",
    "activation",
    "publication",
    "attribution",
    "measurement",
    "bi",
    "ops",
    "truth",
)

_RUNS = """
create sequence if not exists ops.fence as bigint;
create table if not exists ops.runs (
    run_id text primary key,
    kind text not null check (kind in ('historic', 'night', 'batch')),
    business_date date not null,
    span_from date not null,
    status text not null check (status in ('running', 'published', 'failed', 'abandoned')),
    fence bigint not null unique,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    reason text not null default '',
    profiling_basis text,
    night_id text,
    check (span_from <= business_date)
);
create unique index if not exists runs_one_running on ops.runs ((true)) where status = 'running';
create index if not exists runs_business_date on ops.runs (business_date);
create table if not exists ops.current_night (
    is_the_row boolean primary key default true check (is_the_row),
    night_date date not null,
    span_from date not null,
    run_id text not null references ops.runs,
    run_kind text not null check (run_kind in ('historic', 'night', 'batch')),
    fence bigint not null,
    night_id text,
    first_loaded_date date not null,
    last_historic_date date,
    score_trigger_from date not null,
    currency_code text not null,
    time_zone text not null,
    profiling_basis text
);
"""

_AUDIT = """
create table if not exists ops.feed_status (
    arrived_date date not null,
    feed text not null,
    status text not null check (status in ('delivered', 'absent', 'closed')),
    reason text not null default '',
    primary key (arrived_date, feed)
);
create table if not exists ops.load_audit (
    arrived_date date not null,
    feed text not null,
    source_file text not null,
    run_id text not null,
    rows_read bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    rows_deduplicated bigint not null,
    rows_deferred bigint not null,
    control_column text,
    control_declared numeric,
    control_found numeric,
    unverified_total boolean not null default false,
    loaded_at timestamptz not null default clock_timestamp(),
    primary key (arrived_date, feed, source_file),
    constraint nothing_silently_lost
    check (rows_read = rows_loaded + rows_quarantined + rows_deduplicated + rows_deferred)
);
create table if not exists ops.table_fingerprints (
    run_id text not null,
    business_date date not null,
    table_name text not null,
    partition_value text not null,
    row_count bigint not null,
    hash_sum numeric not null,
    primary key (run_id, table_name, partition_value)
);
create table if not exists ops.gate_results (
    run_id text not null,
    business_date date not null,
    gate text not null,
    table_name text not null,
    check_name text not null,
    severity text not null check (severity in ('fail', 'warn')),
    passed boolean not null,
    observed text not null default '',
    sample text not null default '',
    checked_at timestamptz not null default clock_timestamp()
);
create index if not exists gate_results_run on ops.gate_results (run_id, gate);
create table if not exists ops.step_runs (
    run_id text not null,
    step text not null,
    is_done boolean not null,
    seconds numeric(12, 3) not null,
    peak_memory_mb integer not null,
    result text not null,
    finished_at timestamptz not null default clock_timestamp(),
    primary key (run_id, step)
);
create table if not exists ops.erasures (
    erasure_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    business_date date,
    outcome text not null check (outcome in ('erased', 'repeated', 'refused')),
    reason text not null,
    detail text not null default '',
    database_user text not null default current_user,
    parties integer not null,
    customers integer not null,
    keys_destroyed integer not null default 0,
    rows_removed bigint not null default 0,
    rows_blanked bigint not null default 0,
    list_rows_withdrawn integer not null default 0
);
do $$
begin
    if exists (
        select 1 from pg_attribute
        where attrelid = to_regclass('ops.restatements') and attname = 'rows_changed'
    ) then
        drop table ops.restatements;
    end if;
end
$$;
create table if not exists ops.restatements (
    run_id text not null,
    business_date date not null,
    table_name text not null,
    as_of_date date not null,
    dimension text not null,
    measure text not null,
    published_value numeric,
    restated_value numeric,
    is_republished boolean not null,
    primary key (business_date, table_name, as_of_date, dimension, measure)
);
"""

_PUBLICATIONS = """
create sequence if not exists ops.publication as bigint;
create table if not exists ops.published_tables (
    table_name text primary key,
    columns_ddl text not null
);
create table if not exists ops.publications (
    table_name text not null references ops.published_tables,
    as_of_date date not null,
    publication_id bigint not null,
    run_id text not null,
    status text not null check (status in ('staged', 'in_force', 'superseded', 'dropped')),
    row_count bigint not null,
    staged_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    superseded_at timestamptz,
    superseded_by xid8,
    primary key (table_name, as_of_date, publication_id)
);
create unique index if not exists publications_one_in_force
on ops.publications (table_name, as_of_date) where status = 'in_force';
create index if not exists publications_not_final
on ops.publications (table_name, publication_id) where status in ('staged', 'superseded');
create table if not exists ops.publication_state (
    is_the_row boolean primary key default true check (is_the_row),
    lists text not null check (lists in ('blocked', 'open')),
    valid_through date,
    run_id text not null default '',
    reason text not null default '',
    changed_at timestamptz not null default clock_timestamp()
);
insert into ops.publication_state (lists, reason) values ('blocked', 'nothing is published yet')
on conflict do nothing;
"""

_VAULT = """
create table if not exists vault.master_key_check (
    is_the_row boolean primary key default true check (is_the_row),
    check_value bytea not null
);
create table if not exists vault.data_keys (
    party_id text primary key,
    key_id bigint generated always as identity unique,
    wrapped_key bytea not null,
    key_version integer not null default 1,
    created_at timestamptz not null default clock_timestamp()
);
create table if not exists vault.quarantine_keys (
    arrived_date date primary key,
    wrapped_key bytea not null,
    created_at timestamptz not null default clock_timestamp()
);
create table if not exists vault.personal_values (
    token text not null,
    party_id text not null,
    column_name text not null,
    ciphertext bytea not null,
    value_hmac bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (token, party_id)
);
create table if not exists vault.erased_parties (
    party_id text primary key,
    erased_date date not null,
    reason text not null default ''
);
create table if not exists vault.erased_accounts (
    account_id text primary key,
    party_id text not null
);
create table if not exists ops.export_audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    run_id text not null default '',
    purpose text not null,
    database_user text not null default current_user,
    row_count bigint not null,
    detail text not null default ''
);
"""


def create_schemas(connection: psycopg.Connection) -> None:
    """Create all schemas, the tables of `ops` and `vault`, and the reading roles; then commit.

    Two processes may call it at once: the second waits for the first.
    """
    connection.execute("select pg_advisory_xact_lock(hashtext('bankloop schema'))")
    for schema in SCHEMAS:
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    for statements in (_RUNS, _AUDIT, _PUBLICATIONS, _VAULT):
        connection.execute(statements)
    create_roles(connection)
    connection.commit()
