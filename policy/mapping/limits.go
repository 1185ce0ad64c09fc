package mapping

// What a mapping may take. None of it is a time: the bench and production must agree, on a slow
// machine too.
const (
	MaxSteps      = 200  // steps of one mapping
	MaxExpression = 4096 // bytes of one expression
	maxNesting    = 32   // parentheses, calls and operators inside each other
	maxLoops      = 2    // map, filter, exists and all inside each other
	maxPattern    = 512  // bytes of a regular expression

	costOfOne = 20_000  // of one expression, in CEL's units: a call or a comparison is one, ten characters read or written are one
	costOfAll = 200_000 // of a whole mapping for one record

	maxText    = 32 << 10 // bytes of one text on the way
	maxResult  = 64 << 10 // bytes of what a step gives
	maxEntries = 200      // entries of a list that a step gives, or that split makes
	maxDepth   = 4        // lists and objects inside each other in what a step gives
)
