{#-
  Tables named int_<topic>__touched list what this run must recompute. A second attempt of the
  same night must also undo what the first one did, even where the file that caused it has since
  been replaced: so each table keeps its own rows of earlier attempts. Rows of finished nights go.
-#}
{% macro of_earlier_attempts(columns, also=[]) -%}
    select {{ (columns + ['touched_night'] + also) | join(', ') }} from {{ this }} as earlier
    where earlier.touched_night >= {{ span_from() }}
{%- endmacro %}

{#- True when there is an earlier attempt's table to read. Unit tests override this macro. -#}
{% macro has_earlier_attempts() %}
    {%- if not execute or flags.WHICH == 'compile' -%}{{ return(true) }}{%- endif -%}
    {{ return(adapter.get_relation(this.database, this.schema, this.identifier) is not none) }}
{% endmacro %}

{#-
  The CTEs entered and touched: keys of a feed whose versions entered in this run or in an earlier
  attempt of it; is_repeated is 1 for those of an attempt. None on a historic pass, which makes all.
-#}
{% macro touched_keys(versions, key) -%}
{%- set unless_all = 'false and ' if run_covers_all_days() else '' -%}
entered as (

    select {{ key }}, {{ night_date() }} as touched_night, 0 as is_repeated
    from {{ versions }} as versions
    where {{ unless_all }}{{ entered_in_this_run('versions') }}
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts([key], ['1']) }}
    {% endif %}

),

touched as (

    select
        {{ key }},
        max(touched_night) as touched_night,
        max(is_repeated) as is_repeated
    from entered
    group by {{ key }}

),
{%- endmacro %}
