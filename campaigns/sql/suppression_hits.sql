-- Entries that cover an option: everything, a channel, or a topic (purpose, category, product, strategy).
create temporary table suppression_hits on commit drop as
with

entries as (

    select
        customer_id,
        scope,
        case when scope <> 'all' then scope_value end as scope_value,
        valid_from
    from activation.act_suppressions

),

general as (

    select
        customer_id,
        case when scope_value is null then 'all' else scope end as scope,
        coalesce(scope_value, '*') as hit,
        min(valid_from) as valid_from
    from entries
    where scope in ('all', 'channel')
    group by 1, 2, 3

),

offers as (

    select
        terms.strategy_id,
        products.category,
        terms.product_id,
        case when terms.product_id is null then 'service' else products.purpose end as purpose
    from activation.tonight_terms as terms
    left join activation.act_products as products on terms.product_id = products.product_id

),

topics as (

    select
        entries.customer_id,
        entries.scope,
        offers.strategy_id as hit,
        min(entries.valid_from) as valid_from
    from entries
    inner join offers
        on entries.scope_value is null
        or entries.scope_value in (
            offers.strategy_id, offers.product_id, offers.category, offers.purpose,
            replace(offers.purpose, 'marketing_', '')
        )
    where entries.scope = 'topic'
    group by entries.customer_id, entries.scope, offers.strategy_id

)

select * from general
union all
select * from topics
