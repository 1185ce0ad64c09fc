-- Takes one turn.
-- keys: turns; arguments: interval, window
local now = clock()
local found = redis.call('MGET', KEYS[1])
return {now, (take(KEYS[1], found[1], now, tonumber(ARGV[1]), tonumber(ARGV[2]), 0, 1, 0))}
