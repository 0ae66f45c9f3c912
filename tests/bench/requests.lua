-- Requests for wrk, and what became of them as one line of JSON.
-- Environment: TOKENS with commas, whose bearers have the monitors in turns, MONITORS, SEED, and MODE: patch; mixed; pages: as mixed, but each list is of another page;
-- a path: GET that, without a token;
-- or statuses: as patch, but an answer of 503 is no error; to look at each status costs wrk time, so this is not
-- for comparing speed.

local monitors = tonumber(os.getenv("MONITORS"))
local mode = os.getenv("MODE")
local random, floor, ceil = math.random, math.floor, math.ceil
local heads = {}
for token in os.getenv("TOKENS"):gmatch("[^,]+") do
  table.insert(heads, " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer " .. token .. "\r\n")
end
local counter, threads = 0, {}
math.randomseed(tonumber(os.getenv("SEED")))

local mixed_bodies = {
  function(n) return '{"name": "Monitor ' .. n .. '"}' end,
  function() return '{"status": "paused"}' end,
  function() return '{"status": "active"}' end,
  function() return '{"port": ' .. random(1, 65535) .. '}' end,
  function() return '{"port": null}' end,
  function(n) return '{"name": "Monitor ' .. n .. '", "hostname": "mx' .. n .. '.example.com"}' end,
  function() return '{"checkInterval": ' .. random(10, 86400) .. ', "timeoutSeconds": ' .. random(1, 120) .. '}' end,
  function() return '{"allowedCheckCountryCodes": ["de", "us", "fr"]}' end,
  function() return '{"allowedCheckCountryCodes": []}' end,
  function(n)
    return '{"smtpConfig": {"secure": false, "requireTls": true, "auth": {"user": "u' .. n .. '", "pass": "secret"}}}'
  end,
  function() return '{"smtpConfig": {"secure": true}, "port": 465}' end,
  function(n) return '{"notificationEmail": "alerts' .. n .. '@example.com", "status": "maintenance"}' end,
  function() return '{"notificationEmail": null, "notificationPhoneNumber": "+4930123456"}' end,
}

local function monitor(n)
  return "/api/smtp-monitors/33333333-3333-4333-8333-" .. string.format("%d", 100000000000 + n)
end

local function ask(method, path, body, owner)
  local head = heads[1 + (owner or 0) % #heads]
  if not body then
    return method .. " " .. path .. head .. "\r\n"
  end
  return method .. " " .. path .. head .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

local function patch()
  counter = counter + 1
  local body = '{"name": "Monitor ' .. counter .. '", "port": ' .. random(1, 65535) .. '}'
  local n = random(0, monitors - 1)
  return ask("PATCH", monitor(n), body, n)
end

local function mixed()
  counter = counter + 1
  local kind = random(100)
  if kind <= 5 then
    local page = mode == "pages" and random(ceil(monitors / 50)) or 1
    return ask("GET", "/api/smtp-monitors?perPage=50&page=" .. page)
  end
  local path = monitor(floor(monitors * random() ^ 4))
  if kind <= 20 then
    return ask("GET", path)
  end
  return ask("PATCH", path, mixed_bodies[random(#mixed_bodies)](counter))
end

request = (mode == "mixed" or mode == "pages") and mixed or patch
if mode:sub(1, 1) == "/" then
  local wanted = "GET " .. mode .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\n\r\n"
  request = function() return wanted end
end

-- global, so that done can read it from each thread
others = 0
if mode == "statuses" then
  function response(status)
    if status ~= 200 and status ~= 503 then
      others = others + 1
    end
  end
end

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency)
  local errors = summary.errors
  local wrong_statuses = errors.status
  if mode == "statuses" then
    wrong_statuses = 0
    for _, thread in ipairs(threads) do
      wrong_statuses = wrong_statuses + thread:get("others")
    end
  end
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect, errors.read, errors.write, errors.timeout, wrong_statuses))
end
