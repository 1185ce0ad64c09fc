// Package muster is the root of the module and holds no code. The product is the command
// cmd/muster; docs/design.md says what the parts mean, and the architecture test beside this
// file keeps their imports running downhill.
package muster
