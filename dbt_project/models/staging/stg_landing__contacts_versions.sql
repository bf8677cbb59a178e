{{ config(pre_hook="{{ raw_key_index('contacts', ['contact_id']) }}") }}

select
    versions.contact_id,
    versions.list_row_id,
    versions.party_id,
    versions.channel,
    versions.campaign_id,
    versions.contacted_at,
    {{ business_date('versions.contacted_at') }} as contacted_date,
    versions.delivery_status,
    versions.disposition,
    versions.agent_id,
    versions.cost_amount,
    versions.currency_code,
    versions.script_id,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'contacts') }} as versions
where {{ has_entered('versions') }}
