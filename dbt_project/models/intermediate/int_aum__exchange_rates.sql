{#- Rates in force, and the factor that turns minor units of one currency into the bank's own. -#}
with

rates as (
    select * from {{ ref('int_exchange_rates__in_force') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

home as (
    select coalesce(max(minor_unit_digits), 2) as minor_unit_digits
    from currencies
    where currency_code = {{ current_night_column('currency_code') }}
),

final as (
    select
        rates.currency_code,
        rates.valid_from,
        rates.valid_to,
        rates.rate,
        cast(rates.rate * power(
            cast(10 as numeric(18, 9)),
            home.minor_unit_digits - coalesce(currencies.minor_unit_digits, 2)
        ) as numeric(28, 15)) as factor
    from rates
    cross join home
    left join currencies on rates.currency_code = currencies.currency_code
    where rates.rate > 0
)

select * from final
