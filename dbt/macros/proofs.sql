{#-
    Each parcel's proof of delivery with the reasons why it contradicts the order; none where it agrees, or where it or the
    order does not say. Needs the imports `orders` and `delivery_proofs`; gives `judged_proofs`.
-#}
{% macro judged_proofs() -%}
proof_rule as (
    select * from {{ source('ref', 'exception_catalogue') }} where exception_code = 'pod_mismatch'
),

judged_proofs as (
    select
        delivery_proofs.*,
        array_remove(
            array[
                case
                    when delivery_proofs.delivered_postal_code <> delivery_proofs.ship_to_postal_code
                        or delivery_proofs.delivered_country_code <> delivery_proofs.ship_to_country_code then 'elsewhere'
                end,
                case
                    when not delivery_proofs.is_signed
                        and case proof_rule.parameters ->> 'signature_for'
                            when 'all' then true
                            when 'regulated' then orders.is_regulated
                            else false
                        end then 'unsigned'
                end
            ],
            null
        ) as reasons
    from delivery_proofs
    join orders on orders.order_id = delivery_proofs.order_id
    cross join proof_rule
)
{%- endmacro %}
