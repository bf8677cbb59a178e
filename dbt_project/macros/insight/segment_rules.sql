{#-
  The segments that are in force tonight, in the order of their priority, each with its condition as
  SQL over `base`: [{rule_set, code, priority, condition}]. The seeds hold data only: a tag, one of
  a few operators and a literal, each checked here. Empty while the project is parsed, and in a
  warehouse without the seeds.
-#}
{% macro segments_in_force() -%}
    {%- set found, seed = [], ref('segment_rules') -%}
    {%- if execute and adapter.get_relation(seed.database, seed.schema, seed.identifier) is not none -%}
        {%- set rules = run_query(segment_rules_sql()) -%}
        {%- set conditions = run_query(segment_conditions_sql()) -%}
        {%- set tags = segmentable_tags() -%}
        {% do assert_segments_are_sound(rules.rows, conditions.rows, tags) %}
        {%- for rule in rules.rows -%}
            {%- set alternatives = {} -%}
            {%- for line in conditions.rows
                if line['rule_set'] == rule['rule_set'] and line['segment_code'] == rule['segment_code'] -%}
                {% do alternatives.setdefault(line['alternative'], []).append(condition_sql(line, tags)) %}
            {%- endfor -%}
            {%- set parts = [] -%}
            {%- for lines in alternatives.values() -%}
                {% do parts.append('(' ~ lines | join(' and ') ~ ')') %}
            {%- endfor -%}
            {% do found.append({
                'rule_set': rule['rule_set'], 'code': rule['segment_code'],
                'priority': rule['priority'], 'condition': parts | join(' or ')
            }) %}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{% macro segment_rules_sql() %}
    select rule_set, segment_code, valid_from, status, priority
    from (
        select *, row_number() over (partition by rule_set, segment_code order by valid_from desc) as recency
        from {{ ref('segment_rules') }}
        where valid_from <= {{ night_date() }}
    ) as ranked
    where recency = 1 and status <> 'retired'
    order by rule_set, priority, segment_code
{% endmacro %}

{% macro segment_conditions_sql() %}
    select conditions.*
    from {{ ref('segment_conditions') }} as conditions
    inner join ({{ segment_rules_sql() }}) as rules
        on conditions.rule_set = rules.rule_set
        and conditions.segment_code = rules.segment_code
        and conditions.valid_from = rules.valid_from
    order by conditions.rule_set, conditions.segment_code, conditions.alternative, conditions.tag_code
{% endmacro %}

{#- The tags that a condition may ask: {code: {model, type}}; retired ones and segments are none. -#}
{% macro segmentable_tags() -%}
    {%- set tags = {} -%}
    {%- for tag in catalogued_tags()
        if tag.meta['status'] != 'retired' and tag.model != 'tag_customer__segments' -%}
        {% do tags.update({tag.code: tag}) %}
    {%- endfor -%}
    {{ return(tags) }}
{%- endmacro %}

{#- One line of a condition as SQL. Text is quoted; @code is a line of tag_limits. -#}
{% macro condition_sql(line, tags) -%}
    {%- set value = line['condition_value'] | string -%}
    {%- set is_text = tags[line['tag_code']].data_type == 'text' -%}
    {%- if value.startswith('@') -%}
        {%- set literal = tag_limit(value[1:]) -%}
    {%- elif line['operator'] == 'in' -%}
        {%- set literals = [] -%}
        {%- for one in value.split('|') -%}
            {% do literals.append("'" ~ one | replace("'", "''") ~ "'" if is_text else one) %}
        {%- endfor -%}
        {%- set literal = '(' ~ literals | join(', ') ~ ')' -%}
    {%- elif is_text and line['operator'] != 'is' -%}
        {%- set literal = "'" ~ value | replace("'", "''") ~ "'" -%}
    {%- else -%}
        {%- set literal = {'known': 'not null', 'unknown': 'null'}.get(value, value) -%}
    {%- endif -%}
    {{ return('base.' ~ line['tag_code'] ~ ' ' ~ line['operator'] ~ ' ' ~ literal) }}
{%- endmacro %}
