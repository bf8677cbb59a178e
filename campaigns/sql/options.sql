-- One row per candidate and channel; every check is evaluated, none stops another.
with

offers as (

    select
        candidates.*,
        channels.channel,
        channels.channel_rank,
        case when candidates.product_id is null then 'service' else products.purpose end as purpose,
        case when candidates.product_id is null then 'none' else products.suitability end
            as suitability
    from candidates
    inner join activation.tonight_channels as channels
        on candidates.strategy_id = channels.strategy_id
        and (candidates.forced_channel is null or candidates.forced_channel = channels.channel)
    left join activation.act_products as products on candidates.product_id = products.product_id

),

checked as materialized (

    select
        offers.*,
        strategies.priority,
        {mask} as failed_mask,
        cast(round(
            (
                coalesce(strategies.success_rate, products.success_rate, 0)
                * coalesce(channel_rules.success_factor, 1)
                * (
                    coalesce(strategies.contribution_amount, products.contribution_amount, 0)
                    - offers.benefit_cost_amount
                )
                - coalesce(costs.contact_cost_amount, 0)
            ) * coalesce(factors.preference_factor, 0.5)
        ) as bigint) as value_amount
    from offers
    cross join availability
    inner join activation.tonight_strategies as strategies
        on offers.strategy_id = strategies.strategy_id
    left join activation.act_channels as channel_rules on offers.channel = channel_rules.channel
    left join activation.act_channel_costs as costs
        on offers.channel = costs.channel
        and costs.currency_code = %(currency_code)s
    left join activation.act_preference_factors as factors
        on offers.channel_rank = factors.channel_rank
    left join customer_facts as customers on offers.customer_id = customers.customer_id
    left join activation.act_products as products on offers.product_id = products.product_id
    left join activation.act_holdings as holdings
        on offers.customer_id = holdings.customer_id
        and offers.product_id = holdings.product_id
    left join activation.act_product_regions as region_quota
        on offers.product_id = region_quota.product_id
        and customers.region = region_quota.region
    left join activation.act_product_regions as bank_quota
        on offers.product_id = bank_quota.product_id
        and bank_quota.region = '-'
    left join suppression_hits as for_channel
        on offers.customer_id = for_channel.customer_id
        and for_channel.scope = 'channel'
        and for_channel.hit = offers.channel
    left join suppression_hits as for_topic
        on offers.customer_id = for_topic.customer_id
        and for_topic.scope = 'topic'
        and for_topic.hit = offers.strategy_id
    left join activation.act_consents as channel_consent
        on offers.customer_id = channel_consent.customer_id
        and offers.purpose = channel_consent.purpose
        and offers.channel = channel_consent.channel
    left join activation.act_consents as general_consent
        on offers.customer_id = general_consent.customer_id
        and offers.purpose = general_consent.purpose
        and general_consent.channel = 'all'
    left join cap_hits as channel_cap
        on offers.customer_id = channel_cap.customer_id
        and channel_cap.scope = 'channel'
        and channel_cap.scope_value = offers.channel
    left join cap_hits as purpose_cap
        on offers.customer_id = purpose_cap.customer_id
        and purpose_cap.scope = 'purpose'
        and purpose_cap.scope_value = offers.purpose

)

insert into activation.options (
    night_date, strategy_id, customer_id, channel, channel_rank, cycle, wave, attempt, is_first,
    arm, product_id, benefit_code, purpose, control_share, priority, value_amount, failed_mask,
    failed_check
)
select
    %(night)s,
    checked.strategy_id,
    checked.customer_id,
    checked.channel,
    checked.channel_rank,
    checked.cycle,
    checked.wave,
    checked.attempt,
    checked.is_first,
    checked.arm,
    checked.product_id,
    checked.benefit_code,
    checked.purpose,
    checked.control_share,
    checked.priority,
    checked.value_amount,
    checked.failed_mask,
    reasons.check_number
from checked
left join activation.reasons as reasons
    on (checked.failed_mask & -checked.failed_mask) = reasons.failed_mask
