//go:build !unix

package main

import "io"

// widthOf does not know the screen's width here: nothing is wrapped.
func widthOf(io.Writer) int { return 0 }
