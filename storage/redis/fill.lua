-- Keeps what the database said, unless the connector was to be forgotten since it was asked, and
-- takes one turn for whoever has proved to hold the secret.
-- keys: value, epoch, turns; arguments: the proof, the epoch from before the database was asked,
-- the value, how long values live, how long epochs live
local now = clock()
local found = redis.call('MGET', KEYS[2], KEYS[3])
if found[1] == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
local seal, proof, of, interval, window, patience = parse(ARGV[3])
local due = -1
if seal and proof == ARGV[1] then due = take(KEYS[3], found[2], now, interval, window, patience, 1, 0) end
return {now, due}
