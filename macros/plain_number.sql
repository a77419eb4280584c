{#- Arabic, Persian, Devanagari, Bengali, Thai and full width, and the Arabic point. -#}
{% macro plain_number(text) -%}
    {%- set digits = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９٫．" -%}
    {%- set plain = "translate(" ~ text ~ ", '" ~ digits ~ "', '" ~ "0123456789" * 6 ~ "..')" -%}
    {%- set quarters = "replace(replace(" ~ plain ~ ", ' ¼', '.25'), '¼', '.25')" -%}
    {%- set halves = "replace(replace(" ~ quarters ~ ", ' ½', '.5'), '½', '.5')" -%}
    replace(replace({{ halves }}, ' ¾', '.75'), '¾', '.75')
{%- endmacro %}
