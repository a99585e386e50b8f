FROM reference_prices_distinct AS r
WHERE ({gpu:String} = '' OR r.gpu = {gpu:String})
  AND ({provider:String} = '' OR r.provider = {provider:String})
  AND ({price_model:String} = '' OR r.price_model = {price_model:String})
  AND ({region:String} = '' OR r.region = {region:String})
