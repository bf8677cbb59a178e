{#- Stops the build with every problem of the segment rules that are in force tonight. -#}
{% macro assert_segments_are_sound(rules, conditions, tags) -%}
    {%- set problems = segment_problems(rules, conditions, tags) -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            'Expected one priority for each segment of a rule set, and conditions of known tags, operators'
            ~ ' and values; found ' ~ problems | join('; ')
            ~ ' in seeds/segment_rules.csv and seeds/segment_conditions.csv.'
            ~ ' Correct these lines, or add later ones with a new valid_from.') }}
    {%- endif -%}
{%- endmacro %}

{% macro segment_problems(rules, conditions, tags) -%}
    {%- set problems, taken, asked = [], {}, [] -%}
    {%- for line in conditions -%}
        {% do asked.append((line['rule_set'], line['segment_code'])) %}
        {%- set problem = condition_problem(line, tags) -%}
        {%- if problem -%}
            {% do problems.append(line['segment_code'] ~ ': ' ~ problem) %}
        {%- endif -%}
    {%- endfor -%}
    {%- for rule in rules -%}
        {%- set place = (rule['rule_set'], rule['priority']) -%}
        {%- if place in taken -%}
            {% do problems.append(
                rule['rule_set'] ~ ': ' ~ taken[place] ~ ' and ' ~ rule['segment_code']
                ~ ' both have priority ' ~ rule['priority']) %}
        {%- endif -%}
        {% do taken.update({place: rule['segment_code']}) %}
        {%- if (rule['rule_set'], rule['segment_code']) not in asked -%}
            {% do problems.append(
                rule['segment_code'] ~ ': no condition that is valid from ' ~ rule['valid_from']) %}
        {%- endif -%}
        {%- if not modules.re.fullmatch('[a-z][a-z0-9_]*', rule['rule_set'] ~ rule['segment_code']) -%}
            {% do problems.append(rule['segment_code'] ~ ': codes are lower-case letters, digits and _') %}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}

{#- What is wrong with one line of a condition; nothing where it is right. -#}
{% macro condition_problem(line, tags) -%}
    {%- set tag, value = tags.get(line['tag_code']), line['condition_value'] | string -%}
    {%- set operators = {
        'boolean': ['is'], 'text': ['=', '<>', 'in', 'is'],
    }.get(tag.data_type if tag else '', ['=', '<>', '<', '<=', '>', '>=', 'in', 'is']) -%}
    {%- if not tag -%}
        {{ return('unknown or retired tag ' ~ line['tag_code']) }}
    {%- elif line['operator'] not in operators -%}
        {{ return('operator ' ~ line['operator'] ~ ' on ' ~ line['tag_code'] ~ ', which is ' ~ tag.data_type) }}
    {%- elif line['operator'] == 'is' -%}
        {%- if value not in ['known', 'unknown'] + (['true', 'false', 'not true', 'not false'] if tag.data_type == 'boolean' else []) -%}
            {{ return(line['tag_code'] ~ ' is ' ~ value) }}
        {%- endif -%}
    {%- elif value.startswith('@') -%}
        {%- if not modules.re.fullmatch('@[a-z_]+', value) -%}
            {{ return('limit ' ~ value) }}
        {%- endif -%}
    {%- elif tag.data_type != 'text' -%}
        {%- for one in value.split('|') if not modules.re.fullmatch('-?[0-9]+', one) -%}
            {{ return('value ' ~ one ~ ' of ' ~ line['tag_code'] ~ ', which is a whole number') }}
        {%- endfor -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
