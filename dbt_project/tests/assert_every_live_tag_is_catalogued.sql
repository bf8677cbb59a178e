-- A row means: a tag of the catalogue lacks a part of its definition, or a sensitive one is live
-- without a legal basis of its own. The build refuses it too, naming the part.
select tag_code
from {{ ref('tag_catalogue') }}
where
    status not in ('draft', 'live', 'deprecated', 'retired')
    or status is null
    or (
        status <> 'draft'
        and (
            label_en is null
            or label_zh is null
            or kind is null
            or family is null
            or reasoning is null
            or value_type is null
            or owner is null
            or sla is null
            or sensitivity is null
            or version is null
            or legal_basis is null
            or (sensitivity = 'sensitive' and legal_basis = 'contract')
        )
    )
