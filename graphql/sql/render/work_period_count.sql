SELECT count() AS total
FROM render_work_periods_as_of(network = {network:String}, as_of = {as_of:UInt64}) AS w
