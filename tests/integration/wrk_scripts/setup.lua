-- Values go to the threads before the run and come from them after it.
local counter = 1
local threads = {}

function setup(thread)
  thread:set("id", counter)
  table.insert(threads, thread)
  counter = counter + 1
end

function init(args)
  requests = 0
  responses = 0
  print(("thread %d created"):format(id))
end

function request()
  requests = requests + 1
  return wrk.request()
end

function response(status, headers, body)
  responses = responses + 1
end

function done(summary, latency, requests)
  for index, thread in ipairs(threads) do
    print(("thread %d made %d requests and got %d responses"):format(
      thread:get("id"), thread:get("requests"), thread:get("responses")))
  end
end
