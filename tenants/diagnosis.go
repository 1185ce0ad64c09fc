package tenants

// Advice is what an administrator is told about a Diagnosis.
type Advice struct {
	What string // is wrong, as a sentence
	Next string // what to do about it
}

// advice is there for every Diagnosis.
var advice = map[Diagnosis]Advice{
	NoCredential: {"Requests come without a credential.",
		"Enter the connector's token, or its user name and password, in the IdP's form; some products call it secret token, API token or bearer token."},
	BadHeader: {"The Authorization header holds nothing that could be a credential.",
		"Paste the token as it was shown, without quotes, spaces or line breaks, and choose bearer token or HTTP header as the way to authenticate."},
	WrongToken: {"The token is not one of this deployment's.",
		"Compare its last characters with those in the list of credentials. If none is like it, the token was mistyped, cut off or deleted: make a new one and paste it whole."},
	WrongPassword: {"The user name is right, the password is not.",
		"Enter the password again as it was shown, or make another credential: a password is shown once and cannot be read later."},
	UnknownUser: {"The connector has no credential with this user name.",
		"Enter the user name as the list of credentials shows it, or make a credential with this one."},
	OtherConnector: {"The credential belongs to another connector.",
		"Base URL and token were taken from two connectors. Copy both from this one."},
	UsedElsewhere: {"A credential of this connector is used at the base URL of another one.",
		"Enter this connector's base URL at the IdP, or the other connector's credential, whichever is meant."},
	Expired: {"The credential has expired.",
		"Make a new one and enter it at the IdP. Both are valid beside each other, so nothing stops meanwhile."},
	OutsideNetworks: {"The credential is used from an address that is not allowed.",
		"Add the address to the allowed networks if it is the IdP's; the proxy before Muster must be named in MUSTER_TRUSTED_PROXIES, or its address is taken for the IdP's."},
	ReadOnlyUsed: {"Changes come with a credential that may only read.",
		"Give the IdP a credential that may write."},
	ConnectorDisabled: {"The connector is disabled, so every request is refused.",
		"Set its mode to observe or live when its IdP should be heard."},
	DoubledPath: {"The base URL comes twice, or a part of it does.",
		"Enter only the base URL in the IdP's form, without /Users and without /scim behind it: the IdP adds the rest."},
	UnknownPath: {"Requests come to a path that there is nothing at.",
		"Compare the base URL in the IdP's form with this connector's. If the IdP has a name of its own for users or groups, add it to the connector's paths."},
	PlainHTTP: {"Requests come over http, where credentials can be read on the way.",
		"Enter the base URL with https at the IdP, and make a new token, as this one may have been seen."},
	OldBody: {"SCIM 1.1 comes to the base URL of SCIM 2.0. It is understood.",
		"Choose SCIM 2.0 at the IdP, or enter the base URL that ends in /v1."},
	TooMany: {"Some requests are over the connector's limits.",
		"The IdP repeats them later. If that happens often, raise the connector's rate or concurrency."},
}

// Advice returns what to tell an administrator; the zero Advice for what is no Diagnosis.
func (d Diagnosis) Advice() Advice { return advice[d] }
