-- A row means: a tag of the YAML lacks a part of its definition, or a sensitive one is live without
-- a legal basis of its own.
select tag_code
from {{ ref('tag_catalogue') }}
where
    label_en is null
    or label_zh is null
    or kind not in ('fact', 'rule', 'model')
    or family not in ('evaluation', 'scene', 'feedback')
    or value_type not in ('boolean', 'code', 'band', 'number')
    or owner is null
    or sla is null
    or status not in ('draft', 'live', 'deprecated', 'retired')
    or version is null
    or legal_basis is null
    or (sensitivity = 'sensitive' and legal_basis = 'contract')
