{#- Arabic, Persian, Devanagari, Bengali, Thai and full width, and the Arabic point. -#}
{% macro plain_number(text) -%}
    {%- set digits = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９٫．" -%}
    {%- set found = namespace(text="translate(" ~ text ~ ", '" ~ digits ~ "', '" ~ "0123456789" * 6 ~ "..')") -%}
    {%- for sign, decimals in {"¼": ".25", "½": ".5", "¾": ".75"}.items() -%}
        {%- for written in (" " ~ sign, sign) -%}
            {%- set found.text = "replace(" ~ found.text ~ ", '" ~ written ~ "', '" ~ decimals ~ "')" -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ found.text }}
{%- endmacro %}
