-- Makes everything that is known of a connector unknown.
-- keys: epoch; arguments: the name of the next epoch, how long epochs live
begin(KEYS[1], ARGV[1], clock(), ARGV[2])
return 1
