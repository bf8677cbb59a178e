"""A small sound night as SQL: 40 customers, each with an account, one posting and one consent.

C7 was C8 for three days of the month: its averages begin anew after them.
"""

from datetime import date

import psycopg

from warehouse.connection import connect
from warehouse.ledger import Run
from warehouse.settings import Settings

NIGHT = date(2024, 4, 30)
CANARY = "Canary Testperson"
MARTS = """
create table marts.dim_accounts (account_id text, customer_id text, product_id text,
    opened_date date, closed_date date, status text);
create table intermediate.int_account_owners__history (account_id text, customer_id text,
    valid_from date, valid_to date);
create table marts.dim_customers (customer_id text, party_type text, first_opened_date date,
    birth_date date, is_deceased boolean);
create table marts.dim_customer_aliases (alias_customer_id text, customer_id text,
    valid_from date, valid_to date);
create table marts.dim_products (product_id text, category text);
create table marts.fct_transactions (transaction_id text, account_id text, customer_id text,
    booked_date date, arrived_date date, amount bigint);
create table marts.fct_account_balances (account_id text, balance_date date, valid_to_date date);
create table marts.fct_customer_aum (customer_id text, as_of_date date, aum_amount bigint,
    aum_null_reason text, month_average_amount bigint, demand_amount bigint,
    deposit_amount bigint, wealth_amount bigint, fund_amount bigint, insurance_amount bigint,
    precious_metal_amount bigint);
create table marts.dim_customer_consents (customer_id text, purpose text, channel text,
    status text, valid_from timestamptz, revoked_at timestamptz);
create table marts.dim_suppressions (customer_id text, scope text, scope_value text,
    reason text, valid_from date, valid_to date);
create table marts.fct_responses (customer_id text, response text, responded_date date);
create table features.ftr_customers (customer_id text, as_of_date date, is_scorable boolean,
    days_on_book integer, customer_initiated_count_30d integer);

insert into marts.dim_products values ('DEPOSIT-1Y', 'deposit');
insert into marts.dim_customers
select 'C' || n, 'customer', date '2020-01-01', date '1980-01-01', false
from generate_series(1, 40) as n;
insert into marts.dim_accounts
select 'A' || n, 'C' || n, 'DEPOSIT-1Y', date '2020-01-01', null, 'open'
from generate_series(1, 40) as n;
insert into intermediate.int_account_owners__history
select 'A' || n, 'C' || n, date '1900-01-01', date '9999-12-31' from generate_series(1, 40) as n;
insert into marts.fct_account_balances
select 'A' || n, date '2024-03-01', null from generate_series(1, 40) as n;
insert into marts.fct_customer_aum
select 'C' || n, day, 100 * n, null, 100 * n, 100 * n, 0, 0, 0, 0, 0
from generate_series(1, 40) as n,
    generate_series(timestamp '2024-03-20', '2024-04-30', interval '1 day') as day;
insert into marts.dim_customer_aliases values ('C7', 'C8', '2024-04-10', '2024-04-12');
delete from marts.fct_customer_aum
where customer_id = 'C7' and as_of_date between '2024-04-10' and '2024-04-12';
update marts.fct_customer_aum set aum_amount = 1, demand_amount = 1
where customer_id = 'C7' and as_of_date < '2024-04-10';
insert into marts.fct_transactions
select 'T' || n, 'A' || n, 'C' || n, date '2024-04-30', date '2024-04-30', 500
from generate_series(1, 40) as n;
insert into marts.dim_customer_consents
select 'C' || n, 'marketing_deposit', 'sms', 'granted', timestamptz '2023-01-01', null
from generate_series(1, 40) as n;
insert into marts.dim_suppressions values
('C40', 'all', null, 'opt_out', date '2023-01-01', null),
('C1', 'all', null, 'complaint', date '2023-01-01', date '2023-04-01');
insert into features.ftr_customers
select 'C' || n, date '2024-04-30', n <> 39, 400, 3 from generate_series(1, 40) as n;
"""
RAW = """
insert into ops.feed_status (arrived_date, feed, status, reason) values
('2024-04-30', 'transactions', 'delivered', ''),
('2024-04-30', 'accounts', 'delivered', ''),
('2024-04-30', 'surveys', 'absent', 'not run in April');
insert into ops.load_audit (arrived_date, feed, source_file, run_id, rows_read, rows_loaded,
    rows_quarantined, rows_deduplicated, rows_deferred, control_column, control_declared,
    control_found) values
('2024-04-30', 'transactions', 't.parquet', 'r', 200, 195, 1, 3, 1, 'amount', 98000, 98000),
('2024-04-30', 'accounts', 'a.parquet', 'r', 40, 40, 0, 0, 0, null, null, null);
insert into ops.load_audit (arrived_date, feed, source_file, run_id, rows_read, rows_loaded,
    rows_quarantined, rows_deduplicated, rows_deferred)
select day, 'transactions', 't.parquet', 'r', 200, 200, 0, 0, 0
from generate_series(timestamp '2024-04-20', '2024-04-29', interval '1 day') as day;
create table if not exists raw.transactions_now partition of raw.transactions
    for values from ('2024-04-01') to ('2024-05-01');
create table if not exists raw.accounts_now partition of raw.accounts
    for values from ('2024-04-01') to ('2024-05-01');
insert into raw.accounts (account_id, product_id, branch_id, currency_code, opened_date, status,
    updated_at, arrived_date, enters_date, source_file, run_id)
select 'A' || n, 'DEPOSIT-1Y', 'B1', 'CNY', date '2020-01-01', 'open', now(),
    date '2024-04-30', date '2024-04-30', 'a.parquet', 'r' from generate_series(1, 40) as n;
insert into raw.transactions (transaction_id, account_id, booked_at, amount, currency_code,
    transaction_type, is_customer_initiated, updated_at, arrived_date, enters_date, source_file,
    run_id)
select 'T' || n, 'A' || (n % 40 + 1), timestamptz '2024-04-29 20:00+00', 500, 'CNY', 'deposit',
    true, timestamptz '2024-04-30 20:00+00', date '2024-04-30', date '2024-04-30', 't.parquet', 'r'
from generate_series(1, 195) as n;
insert into raw.transactions (transaction_id, account_id, booked_at, amount, currency_code,
    transaction_type, is_customer_initiated, updated_at, arrived_date, enters_date, source_file,
    run_id)
values ('T999', 'A1', '2024-05-02 02:00+00', 500, 'CNY', 'deposit', true, '2024-04-30',
    '2024-04-30', '2024-05-02', 't.parquet', 'r');
insert into marts.fct_transactions
select 'T' || n, 'A' || (n % 40 + 1), 'C' || (n % 40 + 1), date '2024-04-30', date '2024-04-30', 500
from generate_series(41, 195) as n;
"""
PREDICTIONS = """
insert into predictions.model_registry values ('clusters', 'champion', 'simulator_clusters', '1',
    'f', 's', '2024-04-29');
insert into predictions.personas values
('simulator_clusters', '1', 'persona_01', 'mobile first', '手机优先', 'SESSIONS_HIGH', 1);
insert into predictions.clusters
select 'C' || n, date '2024-04-30', '-', 'simulator_clusters', '1', true, 0.9, n, null,
    'SESSIONS_HIGH', 'night', 'persona_01', 1.5 from generate_series(1, 40) as n where n <> 39;
insert into predictions.churn
select 'C' || n, date '2024-04-30', '-', 'rule_baseline', '1', true, 0.5, n, 5,
    'SILENCE_LONG', 'night' from generate_series(1, 40) as n where n <> 39;
insert into predictions.churn
select 'C' || n, date '2024-04-29', '-', 'rule_baseline', '1', true, 0.5, n, 5, null, 'night'
from generate_series(1, 40) as n where n <> 39;
"""
DECISIONS = """
create table activation.decisions_now partition of activation.decisions
    for values in ('2024-04-30');
insert into activation.tonight_strategies values
('deposit_one_year', 'v1', 10, false, false, 'deposit', 1, 3, 90, 3, 30, 0.5, 100, 0.1);
insert into activation.audience_sizes values
('2024-04-30', 'deposit_one_year', 40), ('2024-04-29', 'deposit_one_year', 40);
insert into activation.decisions
select date '2024-04-30', 'night', 'deposit_one_year', 'C' || n, 1, 'deposit_one_year:1',
    1, 1, true,
    case when n <= 4 then 'control' else 'listed' end, 'sms',
    case when n <= 4 then 'control' when n <= 30 then 'listed' else 'excluded' end,
    case when n <= 30 then 'chosen' else 'consent: no consent' end, null, 'DEPOSIT-1Y', null,
    'marketing_deposit', 0.1, 10, 100, 'v1', 'night'
from generate_series(1, 40) as n;
insert into activation.units
select 'deposit_one_year', 1, 'C' || n, 'deposit_one_year:1',
    case when n <= 4 then 'control' else 'listed' end, 0.1, date '2024-04-30', 'sms', 'DEPOSIT-1Y',
    null, 'marketing_deposit', 'deposit', 1, 3, 90, date '2024-05-02', date '2024-05-10',
    date '2024-05-30', 'v1'
from generate_series(1, 30) as n;
insert into activation.funnel
select night_date, run_key, strategy_id, outcome, reason, count(*) from activation.decisions
group by 1, 2, 3, 4, 5;
insert into activation.tonight_list_rows
select 'L' || n, date '2024-04-30', 'deposit_one_year:1', 'deposit_one_year', 1, 1, 1, 'C' || n,
    'P' || n, 'sms', 'B1', null, 'DEPOSIT-1Y', null, 's1', 10, 100, 'wave_1',
    timestamptz '2024-05-01', date '2024-05-02', null, 'v1', 'night'
from generate_series(5, 30) as n;
"""


def damage(settings: Settings, *statements: str) -> None:
    """Change the sound night."""
    with connect(settings) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def results(connection: psycopg.Connection, gate: str) -> dict[tuple[str, str], tuple[bool, str]]:
    """Recorded results of a gate: (passed, sample) by table and check."""
    rows = connection.execute(
        "select table_name, check_name, passed, sample from ops.gate_results where gate = %s",
        [gate],
    )
    return {(table, check): (passed, sample) for table, check, passed, sample in rows}


def named(found: dict[tuple[str, str], tuple[bool, str]]) -> set[str]:
    """Names of the checks that did not pass."""
    return {check for (_, check), (passed, _) in found.items() if not passed}


def run_of(connection: psycopg.Connection) -> Run:
    """The running run of the sound night."""
    row = connection.execute(
        "select run_id, kind, business_date, span_from, fence from ops.runs"
    ).fetchone()
    assert row is not None
    return Run(*row)
