package directory

import "fmt"

// counted says how many of something there are, in the singular for one: 0 users, 1 user, 2 users.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
