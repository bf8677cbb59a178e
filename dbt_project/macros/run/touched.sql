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
