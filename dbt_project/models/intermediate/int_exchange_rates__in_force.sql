with

rates as (

    select * from {{ ref('stg_landing__exchange_rates') }}

),

final as (

    select
        currency_code,
        rate_date as valid_from,
        least(
            coalesce(
                {{ add_days('lead(rate_date) over (partition by currency_code order by rate_date)', -1) }},
                {{ last_day() }}
            ),
            {{ add_days('rate_date', 7) }}
        ) as valid_to,
        cast(rate as numeric(18, 9)) as rate
    from rates
    where currency_code <> {{ current_night_column('currency_code') }}
    union all
    select
        {{ current_night_column('currency_code') }} as currency_code,
        {{ first_day() }} as valid_from,
        {{ last_day() }} as valid_to,
        cast(1 as numeric(18, 9)) as rate

)

select * from final
