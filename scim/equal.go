package scim

import "bytes"

// Equal says whether two documents say the same, so that a request which turns one into the
// other changes nothing. What answers show by themselves, active and a display name, counts as
// said: a resource that is read and sent back whole is no change.
func Equal(a, b Document) bool {
	return bytes.Equal(a.filled().JSON(), b.filled().JSON())
}

// filled is the document with the defaults that answers show.
func (d Document) filled() Document {
	_, active := d["active"]
	_, displayName := d["displayName"]
	if active && displayName {
		return d
	}
	f := make(Document, len(d)+2)
	for k, v := range d {
		f[k] = v
	}
	if !active {
		f["active"] = true
	}
	if name := d.ShownName(); !displayName && name != "" {
		f["displayName"] = name
	}
	return f
}

// Replacement is what a PUT stores: the document sent, with the activity of the stored one if
// the request does not say it. A PUT without active must neither suspend nor reactivate.
func Replacement(stored, sent Document) Document {
	value, said := stored.Active()
	if _, says := sent.Active(); says || !said {
		return sent
	}
	d := make(Document, len(sent)+1)
	for k, v := range sent {
		d[k] = v
	}
	d["active"] = value
	return d
}
