-- Three requests at a time on one connection.
init = function(args)
  local made = {}
  made[1] = wrk.format(nil, "/?foo")
  made[2] = wrk.format(nil, "/?bar")
  made[3] = wrk.format(nil, "/?baz")
  all = table.concat(made)
end

request = function()
  return all
end
