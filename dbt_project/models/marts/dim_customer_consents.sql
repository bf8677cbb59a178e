{{ config(materialized='view') }}
-- What stands tonight, out of the history: what was said last counts, and of equals the revocation.
with

history as (

    select * from {{ ref('dim_customer_consents_history') }}
    where {{ valid_on('dim_customer_consents_history', night_date()) }}

),

final as (

    select
        customer_id,
        purpose,
        channel,
        status,
        granted_at as valid_from,
        revoked_at
    from history

)

select * from final
