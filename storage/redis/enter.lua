-- Finds the value of a credential and takes turns for whoever has proved to hold its secret.
-- keys: value, epoch, turns; arguments: the proof, the seal of the value that is known already,
-- the name of an epoch to begin with, how long epochs live, how many turns to take
-- and to give back first
local now = clock()
local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
local value, epoch = found[1], found[2]
if not epoch then
  epoch, value = begin(KEYS[2], ARGV[3], now, ARGV[4]), false
end
local seal, proof, of, interval, window, patience = parse(value)
if not seal or of ~= epoch then return {now, epoch} end
local due, given = -1, 0
if proof == ARGV[1] then due, given = take(KEYS[3], found[3], now, interval, window, patience, tonumber(ARGV[5]), tonumber(ARGV[6])) end
if seal == ARGV[2] then value = '' end
return {now, epoch, due, given, value}
