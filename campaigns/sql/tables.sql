-- Tables that the decision writes. Options and decisions have one partition per night, so that a
-- re-run replaces a night in one step.
create table if not exists activation.reasons (
    failed_mask bigint primary key,
    check_number smallint not null,
    reason text not null unique,
    label_en text not null,
    label_zh text not null
);
create table if not exists activation.strategy_versions (
    strategy_id text not null,
    rule_version text not null,
    first_night date not null,
    label_en text not null,
    label_zh text not null,
    audience text not null,
    definition text not null,
    primary key (strategy_id, rule_version)
);
-- which strategy asks for which tag, by night
create table if not exists tags.tag_usage (
    as_of_date date not null,
    strategy_id text not null,
    rule_version text not null,
    tag_code text not null,
    primary key (as_of_date, strategy_id, tag_code)
);
create table if not exists activation.tonight_strategies (
    strategy_id text primary key,
    rule_version text not null,
    priority integer not null,
    is_personalised boolean not null,
    is_dual_recording boolean not null,
    closing_goal text not null,
    wave_count integer not null,
    min_wave_gap_days integer not null,
    cool_down_days integer not null,
    max_attempts integer not null,
    outcome_window_days integer not null,
    max_audience_change numeric(18, 9) not null,
    contribution_amount bigint,
    success_rate numeric(18, 9)
);
create table if not exists activation.tonight_channels (
    strategy_id text not null,
    channel text not null,
    channel_rank integer not null,
    script_id text not null,
    primary key (strategy_id, channel)
);
create table if not exists activation.tonight_waves (
    strategy_id text not null,
    wave integer not null,
    planned_day integer not null,
    channel text,
    condition text not null,
    primary key (strategy_id, wave)
);
create table if not exists activation.tonight_terms (
    strategy_id text not null,
    branch_id text not null,
    product_id text,
    benefit_code text,
    benefit_cost_amount bigint not null,
    control_share numeric(18, 9) not null,
    primary key (strategy_id, branch_id)
);
create table if not exists activation.universal_control (
    customer_id text not null,
    salt_version integer not null,
    stratum text not null,
    is_member boolean not null,
    assigned_date date not null,
    primary key (customer_id, salt_version)
);
create table if not exists activation.units (
    strategy_id text not null,
    cycle integer not null,
    customer_id text not null,
    campaign_id text not null,
    arm text not null check (arm in ('listed', 'control')),
    control_share numeric(18, 9) not null,
    opened_date date not null,
    channel text not null,
    product_id text,
    benefit_code text,
    purpose text not null,
    closing_goal text not null,
    wave_count integer not null,
    max_attempts integer not null,
    cool_down_days integer not null,
    planned_end_date date not null,
    horizon_date date not null,
    outcome_end_date date not null,
    rule_version text not null,
    closed_date date,
    closed_reason text check (
        closed_reason in ('conversion', 'opt_out', 'complaint', 'deceased', 'merged', 'last_wave')
    ),
    closed_night date,
    primary key (strategy_id, cycle, customer_id)
);
create index if not exists units_opened on activation.units (opened_date);
create index if not exists units_customer on activation.units (customer_id);
create table if not exists activation.ghost_rows (
    strategy_id text not null,
    cycle integer not null,
    customer_id text not null,
    wave integer not null,
    opened_date date not null,
    planned_date date not null,
    contact_date date not null,
    expires_date date not null,
    channel text not null,
    purpose text not null,
    primary key (strategy_id, cycle, customer_id, wave)
);
create table if not exists activation.campaigns (
    campaign_id text primary key,
    strategy_id text not null,
    cycle integer not null,
    purpose text not null,
    first_night date not null
);
create table if not exists activation.options (
    night_date date not null,
    strategy_id text not null,
    customer_id text not null,
    channel text not null,
    channel_rank integer not null,
    cycle integer not null,
    wave integer,
    attempt integer,
    is_first boolean not null,
    arm text not null,
    product_id text,
    benefit_code text,
    purpose text,
    control_share numeric(18, 9) not null,
    priority integer not null,
    value_amount bigint not null,
    failed_mask bigint not null,
    failed_check smallint
) partition by list (night_date);
create table if not exists activation.decisions (
    night_date date not null,
    run_key text not null,
    strategy_id text not null,
    customer_id text not null,
    cycle integer not null,
    campaign_id text not null,
    wave integer,
    attempt integer,
    is_first boolean not null,
    arm text not null,
    channel text not null,
    outcome text not null check (
        outcome in ('listed', 'control', 'universal_control', 'in_cycle', 'excluded')
    ),
    reason text not null,
    lost_to_strategy_id text,
    product_id text,
    benefit_code text,
    purpose text,
    control_share numeric(18, 9) not null,
    priority integer not null,
    value_amount bigint not null,
    rule_version text not null,
    night_id text
) partition by list (night_date);
create table if not exists activation.funnel (
    night_date date not null,
    run_key text not null,
    strategy_id text not null,
    outcome text not null,
    reason text not null,
    decision_count bigint not null,
    primary key (night_date, run_key, strategy_id, outcome, reason)
);
create table if not exists activation.audience_sizes (
    night_date date not null,
    strategy_id text not null,
    audience_count bigint not null,
    primary key (night_date, strategy_id)
);
create table if not exists activation.tonight_list_rows (
    list_row_id text primary key,
    night_date date not null,
    campaign_id text not null,
    strategy_id text not null,
    cycle integer not null,
    wave integer not null,
    attempt integer not null,
    customer_id text not null,
    party_id text not null,
    channel text not null,
    branch_id text,
    relationship_manager_id text,
    product_id text,
    benefit_code text,
    script_id text not null,
    priority integer not null,
    expected_value_amount bigint not null,
    reason_code text not null,
    consent_checked_at timestamptz not null,
    expires_date date not null,
    model_version text,
    rule_version text not null,
    night_id text
);
create table if not exists publication.withdrawals (
    list_row_id text not null,
    reason text not null,
    withdrawn_date date not null,
    night_date date not null,
    channel text not null,
    branch_id text,
    primary key (list_row_id, reason)
);
create index if not exists withdrawals_date on publication.withdrawals (withdrawn_date);
create table if not exists publication.held_campaigns (
    night_date date not null,
    strategy_id text not null,
    status text not null check (status in ('held', 'approved')),
    audience_count bigint not null,
    previous_count bigint not null,
    allowed_change numeric(18, 9) not null,
    primary key (night_date, strategy_id)
);
create table if not exists publication.reading_rules (
    is_the_row boolean primary key default true check (is_the_row),
    clock text not null check (clock in ('business', 'wall'))
);
