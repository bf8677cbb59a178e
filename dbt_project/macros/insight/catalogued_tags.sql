{#-
  The tags that the YAML of models tag_customer__* declares: [{code, model, data_type, description,
  meta}], by code. Empty while the project is parsed.
-#}
{% macro catalogued_tags() -%}
    {%- set tags = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name.startswith('tag_customer__') -%}
            {%- for column in node.columns.values() if column.meta.get('code') -%}
                {% do tags.append({
                    'code': column.meta['code'], 'model': node.name, 'data_type': column.data_type,
                    'description': column.description, 'meta': column.meta
                }) %}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(tags | sort(attribute='code')) }}
{%- endmacro %}

{#- Days within which a tag's sla wants a new value. -#}
{% macro sla_days() -%}
    {{ return({'nightly': 1, 'monthly': 31}) }}
{%- endmacro %}

{#- Stops the build where the definition of a tag is not whole; drafts may lack parts. -#}
{% macro assert_tags_are_defined(tags) -%}
    {%- set problems = [] -%}
    {%- for tag in tags -%}
        {%- for problem in tag_problems(tag) -%}
            {% do problems.append(tag.code ~ ': ' ~ problem) %}
        {%- endfor -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'Expected every tag that is not a draft to have its whole definition; found '
            ~ problems | join('; ') ~ ' in the meta of models/tags/families/_tags__models.yml.'
            ~ ' Complete it, or set the status draft.') }}
    {%- endif -%}
{%- endmacro %}

{#- What the definition of one tag lacks: a list of sentences. -#}
{% macro tag_problems(tag) -%}
    {%- set allowed = {
        'kind': ['fact', 'rule', 'model'],
        'family': ['evaluation', 'scene', 'feedback'],
        'reasoning': ['cognition', 'motive', 'prediction'],
        'value_type': ['boolean', 'code', 'band', 'number'],
        'sla': sla_days() | list,
        'sensitivity': ['internal', 'personal', 'sensitive'],
        'status': ['draft', 'live', 'deprecated', 'retired'],
    } -%}
    {%- set problems, meta = [], tag.meta -%}
    {%- if meta.get('status') == 'draft' -%}{{ return([]) }}{%- endif -%}
    {%- for name in ['label_en', 'label_zh', 'owner', 'legal_basis', 'version'] if not meta.get(name) -%}
        {% do problems.append('no ' ~ name) %}
    {%- endfor -%}
    {%- for name, values in allowed.items() if meta.get(name) not in values -%}
        {% do problems.append('no ' ~ name if not meta.get(name) else name ~ ' ' ~ meta.get(name)) %}
    {%- endfor -%}
    {%- if not (tag.description or '').strip() -%}{% do problems.append('no description') %}{%- endif -%}
    {%- if meta.get('sensitivity') == 'sensitive' and meta.get('legal_basis') in [none, 'contract'] -%}
        {% do problems.append('sensitive without a legal_basis of its own') %}
    {%- endif -%}
    {{ return(problems) }}
{%- endmacro %}
