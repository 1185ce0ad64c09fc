package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Ports are taken below the range from which Linux picks the ports of outgoing connections: a
// part that is down for a while would otherwise find its port in use by somebody's connection.
const firstPort, lastPort = 15000, 31999

var handedOut struct {
	sync.Mutex
	ports map[int]bool
}

// address is where a part listens: where it did when the directory was last used, else at a free
// port. The stand-by's data knows the primary's port, so it has to stay the same.
func (c *Cluster) address(part string) (string, error) {
	file := filepath.Join(c.dir, part+".address")
	text, err := os.ReadFile(file)
	if err != nil {
		address, err := FreeAddress()
		if err != nil {
			return "", err
		}
		return address, os.WriteFile(file, []byte(address+"\n"), 0o644)
	}
	address := strings.TrimSpace(string(text))
	if !Free(address) {
		return "", fmt.Errorf("%s listened on %s when %s was last used, and something listens there now: another cluster in the same directory?", part, address, c.dir)
	}
	return address, nil
}

// FreeAddress returns an address of 127.0.0.1 that nothing listens on, and that was not handed
// out before.
func FreeAddress() (string, error) {
	handedOut.Lock()
	defer handedOut.Unlock()
	if handedOut.ports == nil {
		handedOut.ports = map[int]bool{}
	}
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if handedOut.ports[port] || !Free(address) {
			continue
		}
		handedOut.ports[port] = true
		return address, nil
	}
	return "", errors.New("no free port on 127.0.0.1 was found")
}

// Free says whether nothing listens on an address.
func Free(address string) bool {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	listener.Close()
	return true
}
