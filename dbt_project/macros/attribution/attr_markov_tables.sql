{#-
  The tables that the Markov step writes between this layer and `measurement`, which reads them
  as sources. A hook of attr_paths creates them, so they exist wherever their input does.
-#}
{% macro attr_create_markov_tables() %}
create table if not exists attribution.markov_credits (
    period_month date not null,
    goal_type text not null,
    window_days integer not null,
    model text not null,
    channel text not null,
    credit numeric(18, 9) not null,
    value_amount bigint not null,
    removal_effect numeric(18, 9),
    value_removal_effect numeric(18, 9),
    primary key (period_month, goal_type, window_days, model, channel)
);
create table if not exists attribution.markov_transitions (
    period_month date not null,
    goal_type text not null,
    window_days integer not null,
    model text not null,
    from_state text not null,
    to_state text not null,
    journey_count bigint not null,
    probability numeric(18, 9) not null,
    primary key (period_month, goal_type, window_days, model, from_state, to_state)
)
{% endmacro %}
