-- What the scripts share. All times are microseconds of Redis's own clock; as numbers they are
-- exact until the year 2255.

local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

-- Begins an epoch. The time makes it another one should the command be repeated.
local function begin(key, name, now, life)
  local epoch = name .. '-' .. string.format('%.0f', now)
  redis.call('SET', key, epoch, 'PX', life)
  return epoch
end

-- The line of a value (sealed.go), or nothing if it is none. A key of another type reads as
-- missing, and so does a number that no rate has.
local function parse(value)
  if not value then return end
  local seal, proof, epoch, interval, window, patience =
    string.match(value, '^(%S+) (%S+) (%S+) (%d+) (%d+) (%d+) %d+\n')
  if not seal or #interval > 16 or #window > 16 or #patience > 16 then return end
  return seal, proof, epoch, tonumber(interval), tonumber(window), tonumber(patience)
end

-- tenants.Rate.Take: takes one turn if there is one, and returns the due moment from before, or
-- -1 if there is no rate. Whoever reads the answer judges it by the rate that it knows. Of more
-- turns that were asked for, at most a 64th of those that are free is taken; the second result
-- says how many it were. Before that, some may be given back that nobody came for.
local function take(key, was, now, interval, window, patience, asked, back)
  if interval == 0 then return -1, 0 end
  local due = tonumber(was)
  if not (due and due >= now and due <= now + window + patience) then due = now end
  due = math.max(now, math.floor(due) - back * interval)
  local free = math.floor((now + window - due) / interval)
  local given = math.max(1, math.min(asked, math.floor(free / 64)))
  local following = due + given * interval
  if following - now - window <= patience then
    local life = math.ceil((following - now) / 1000)
    redis.call('SET', key, string.format('%.0f', following), 'PX', string.format('%.0f', life))
  end
  return due, given
end
