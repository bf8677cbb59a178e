"""One way to break the sound night for every check of every gate."""

ROWS = "publication.list_rows__published"
BEFORE = (
    "insert into ops.publications "
    "(table_name, as_of_date, publication_id, run_id, status, row_count) "
    "values ('publication.list_rows', '2024-04-29', 99, 'before', 'in_force', 1)"
)

DAMAGES: dict[str, dict[str, str]] = {
    "raw": {
        "feeds_are_accounted_for": "delete from ops.feed_status where arrived_date = '2024-04-30'",
        "rows_read_are_accounted_for": (
            "alter table ops.load_audit drop constraint nothing_silently_lost; "
            "update ops.load_audit set rows_loaded = 39 where feed = 'accounts'"
        ),
        "control_totals_match": "update ops.load_audit set control_found = control_found - 1",
        "control_totals_were_verified": (
            "update ops.load_audit set unverified_total = true where feed = 'transactions'"
        ),
        "refused_share_is_within_the_limit": (
            "update ops.load_audit set rows_quarantined = 4, rows_deduplicated = 0 "
            "where feed = 'transactions' and arrived_date = '2024-04-30'"
        ),
        "nothing_was_refused": (
            "update ops.load_audit set rows_quarantined = 1, rows_loaded = 39 "
            "where feed = 'accounts'"
        ),
        "row_count_is_usual": (
            "update ops.load_audit set rows_read = 2000, rows_loaded = 2000 "
            "where feed = 'transactions' and arrived_date < '2024-04-30'"
        ),
        "every_feed_has_one_status": (
            "alter table ops.feed_status drop constraint feed_status_pkey; "
            "insert into ops.feed_status values ('2024-04-30', 'accounts', 'closed', 'x')"
        ),
        "delivered_feeds_were_loaded": (
            "insert into ops.feed_status values ('2024-04-30', 'leads', 'delivered', '')"
        ),
        "absent_feeds_give_a_reason": "update ops.feed_status set reason = ''",
        "a_version_of_a_key_comes_once": (
            "insert into raw.transactions "
            "select * from raw.transactions where transaction_id = 'T1'"
        ),
        "rows_enter_when_they_are_dated_or_arrive": (
            "update raw.transactions set enters_date = '2024-04-30' where transaction_id = 'T999'"
        ),
        "the_audit_counts_what_is_in_raw": "delete from raw.accounts where account_id = 'A1'",
    },
    "marts": {
        "an_account_comes_once": "insert into marts.dim_accounts select * from marts.dim_accounts",
        "open_accounts_have_an_owner": (
            "update marts.dim_accounts set customer_id = null where account_id = 'A1'"
        ),
        "owners_are_known_customers": (
            "update marts.dim_accounts set customer_id = 'C999' where account_id = 'A1'"
        ),
        "an_account_closes_after_it_opens": (
            "update marts.dim_accounts set closed_date = '2019-01-01' where account_id = 'A1'"
        ),
        "an_account_has_one_owner_at_a_time": (
            "insert into intermediate.int_account_owners__history "
            "values ('A1', 'C2', '2023-01-01', '9999-12-31')"
        ),
        "a_customer_comes_once": (
            "insert into marts.dim_customers select * from marts.dim_customers"
        ),
        "a_customer_has_a_key": (
            "insert into marts.dim_customers (party_type) values ('customer')"
        ),
        "there_are_customers": "delete from marts.dim_customers",
        "party_types_are_known": "update marts.dim_customers set party_type = 'alien'",
        "a_posting_comes_once": (
            "insert into marts.fct_transactions select * from marts.fct_transactions"
        ),
        "no_posting_without_an_account": (
            "update marts.fct_transactions set account_id = 'A999' where transaction_id = 'T1'"
        ),
        "no_posting_without_an_owner": (
            "update marts.fct_transactions set customer_id = null where transaction_id = 'T1'"
        ),
        "nothing_is_dated_after_the_night": (
            "update marts.fct_transactions set booked_date = '2024-05-01'"
        ),
        "no_posting_is_lost_on_the_way": (
            "delete from marts.fct_transactions where transaction_id = 'T1'"
        ),
        "one_balance_is_in_force": (
            "insert into marts.fct_account_balances values ('A1', '2024-04-30', null)"
        ),
        "a_customer_has_one_aum": (
            "insert into marts.fct_customer_aum select * from marts.fct_customer_aum "
            "where customer_id = 'C1'"
        ),
        "aum_is_not_negative": (
            "update marts.fct_customer_aum set aum_amount = -1, demand_amount = -1 "
            "where customer_id = 'C1'"
        ),
        "a_missing_aum_has_a_reason": (
            "update marts.fct_customer_aum set aum_amount = null where customer_id = 'C1'"
        ),
        "aum_is_the_sum_of_its_categories": "update marts.fct_customer_aum set fund_amount = 1",
        "every_open_customer_has_a_row": (
            "delete from marts.fct_customer_aum where customer_id = 'C1'"
        ),
        "month_average_is_the_mean_of_its_days": (
            "update marts.fct_customer_aum set aum_amount = 5000, demand_amount = 5000 "
            "where customer_id = 'C1' and as_of_date = '2024-04-15'"
        ),
        "customer_count_is_steady": (
            "delete from marts.fct_customer_aum where as_of_date = '2024-04-30' "
            "and customer_id in ('C1', 'C2', 'C3', 'C4', 'C5')"
        ),
        "total_aum_is_steady": (
            "update marts.fct_customer_aum set aum_amount = aum_amount * 2 "
            "where as_of_date = '2024-04-30'"
        ),
    },
    "predictions": {
        "a_customer_has_one_score": (
            "insert into predictions.churn select customer_id, as_of_date, item_id, 'other', "
            "model_version, is_champion, score, rank, decile, reasons, night_id "
            "from predictions.churn"
        ),
        "scores_lie_between_0_and_1": "update predictions.churn set score = 1.01",
        "every_score_is_there": (
            "alter table predictions.churn alter score drop not null; "
            "update predictions.churn set score = null"
        ),
        "everyone_in_the_population_is_scored": (
            "delete from predictions.clusters where customer_id = 'C1'"
        ),
        "nobody_is_scored_who_may_not_be": (
            "update features.ftr_customers set is_scorable = false where customer_id = 'C1'"
        ),
        "reasons_have_words": "update predictions.churn set reasons = 'SILENCE_LONG WHATEVER'",
        "personas_are_registered": "update predictions.clusters set persona_id = 'persona_77'",
        "personas_keep_their_share": (
            "insert into predictions.personas values ('simulator_clusters', '1', 'persona_02', "
            "'x', 'x', '', 0.4); insert into predictions.clusters select 'D' || n, '2024-04-30', "
            "'-', 'simulator_clusters', '1', true, 0.9, n, null, null, 'night', 'persona_01', 1 "
            "from generate_series(1, 500) as n"
        ),
        "mean_score_is_steady": (
            "update predictions.churn set score = 0.8 where as_of_date = '2024-04-30'"
        ),
        "the_champion_scored": "update predictions.model_registry set model_version = '2'",
    },
    "activation": {
        "a_list_row_comes_once": (
            f"update {ROWS} set list_row_id = 'L5' where list_row_id in ('L5', 'L6')"
        ),
        "a_list_row_was_not_published_before": (
            f"create table publication.earlier partition of {ROWS} for values in (99); "
            f"create temporary table copied as select * from {ROWS}; "
            "update copied set publication_id = 99, as_of_date = '2024-04-29'; "
            f"insert into {ROWS} select * from copied; {BEFORE}"
        ),
        "a_customer_is_listed_once": f"update {ROWS} set customer_id = 'C5'",
        "every_listed_row_has_consent": (
            "update marts.dim_customer_consents set revoked_at = '2024-04-30' "
            "where customer_id = 'C5'"
        ),
        "no_listed_row_is_suppressed": (
            "insert into marts.dim_suppressions "
            "values ('C5', 'topic', 'deposit', 'opt_out', '2024-04-30', null)"
        ),
        "no_listed_customer_is_minor_dead_or_gone": (
            "update marts.dim_customers set birth_date = '2006-05-01' where customer_id = 'C5'"
        ),
        "no_listed_customer_opted_out_or_complained": (
            "insert into marts.fct_responses values ('C5', 'complained', '2024-04-01')"
        ),
        "no_listed_row_was_withdrawn": (
            "insert into publication.withdrawals "
            "values ('L5', 'opt_out', '2024-04-30', '2024-04-30', 'sms')"
        ),
        "a_row_expires_after_its_night": f"update {ROWS} set expires_date = '2024-04-30'",
        "expected_value_is_not_negative": f"update {ROWS} set expected_value_amount = -1",
        "no_control_customer_is_listed": (
            "update activation.units set arm = 'control' where customer_id = 'C5'"
        ),
        "one_decision_per_strategy_and_customer": (
            "insert into activation.decisions select * from activation.decisions limit 1"
        ),
        "outcomes_are_known": (
            "alter table activation.decisions drop constraint decisions_outcome_check; "
            "update activation.decisions set outcome = 'maybe' where customer_id = 'C1'"
        ),
        "exclusions_give_a_reason": "update activation.decisions set reason = ''",
        "listed_decisions_are_list_rows": f"delete from {ROWS} where customer_id = 'C5'",
        "decisions_add_up": "delete from activation.decisions where customer_id = 'C40'",
        "control_share_is_as_drawn": (
            "update activation.decisions set outcome = 'control' where outcome = 'listed'"
        ),
        "audience_size_is_usual": (
            "update activation.audience_sizes set audience_count = 1000 "
            f"where night_date = '2024-04-29'; {BEFORE}"
        ),
        "unusual_audiences_are_held": (
            "update activation.audience_sizes set audience_count = 1000 "
            f"where night_date = '2024-04-29'; {BEFORE}"
        ),
    },
}
