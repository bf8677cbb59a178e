{#-
  The tracked event that completes an application in the app: the approval, the last step of the
  declared journey (browse, start, submit, approve, first use) before the account is there.
-#}
{% macro application_completed_event() -%} 'product_approve' {%- endmacro %}
