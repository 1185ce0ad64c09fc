package tenants

import (
	"fmt"
	"net/netip"
	"slices"
)

// Networks is a list of networks in CIDR notation from which something is accepted; an empty one
// accepts every address.
type Networks []netip.Prefix

// NetworkError says that a valid credential was presented from outside of its networks. Who holds
// a valid credential may know that much.
type NetworkError struct {
	Principal Principal // whose credential it is
	Address   string    // that is not among its networks
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("the credential is not accepted from the address %s", e.Address)
}

// maxNetworks bounds a list: it is read with every request.
const maxNetworks = 100

// ParseNetworks reads networks such as 203.0.113.0/24 and 2001:db8::/32; an address alone means
// itself. field names them in the problem.
func ParseNetworks(field string, texts []string) (Networks, error) {
	if len(texts) > maxNetworks {
		return nil, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: fmt.Sprintf("%s takes at most %d networks", field, maxNetworks)}
	}
	var all Networks
	for _, text := range texts {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, &Problem{Kind: ErrInvalid, Code: CodeInvalid, Field: field, Detail: fmt.Sprintf("%s: %q %s", field, text, err)}
		}
		if !slices.Contains(all, network) {
			all = append(all, network)
		}
	}
	return all, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return network, fmt.Errorf("is no network; write it as 203.0.113.0/24 or 2001:db8::/32")
	case network.Addr().Is4In6():
		return network, fmt.Errorf("is an IPv4 network in IPv6's clothes; write it as 203.0.113.0/24")
	case network != network.Masked():
		return network, fmt.Errorf("has bits behind the network; %s is meant, perhaps", network.Masked())
	}
	return network, nil
}

// Accept says whether an address is in one of the networks. An address that cannot be read is in
// none; a list without networks accepts that too.
func (n Networks) Accept(address string) bool {
	if len(n) == 0 {
		return true
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(n, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// Texts are the networks in CIDR notation.
func (n Networks) Texts() []string {
	texts := make([]string, len(n))
	for i, network := range n {
		texts[i] = network.String()
	}
	return texts
}
