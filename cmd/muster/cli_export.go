package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/muster-scim/muster/cmd/muster/manifest"
	"github.com/muster-scim/muster/policy"
)

type exportCmd struct {
	URL       string `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	Tenant    string `help:"Only this tenant's connectors, and the directories that they provision into." placeholder:"NAME"`
	Out       string `short:"o" help:"Write this file; default the standard output. Tests in a file that is there stay." placeholder:"FILE"`
	KeepTests string `help:"Take over the tests of this file; default that of -o." placeholder:"FILE"`
}

// Help shows how.
func (exportCmd) Help() string {
	return "Everything that administrators set, as YAML to read and to keep in git: directories, tenants, connectors and their rules. " +
		"What has its default is left out, and so are secrets. The same settings always give the same bytes.\n\nExamples:\n\n" +
		"  muster export -o muster.yaml\n" +
		"  muster export --tenant acme > acme.yaml\n\n" +
		"Tests are in the file alone, so the server cannot export them: -o takes over those of the file that it replaces. Comments go."
}

// Run writes what the server has.
func (c *exportCmd) Run(ctx context.Context, t *terminal) error {
	old := &manifest.File{}
	if from := cmp.Or(c.KeepTests, c.Out); from != "" {
		read, err := readManifest(from)
		switch {
		case err == nil:
			old = read
		case c.KeepTests != "" || !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w\nNothing was written: its tests would be lost. Mend the file, or write to another one", err)
		}
	}
	api, err := remote{URL: c.URL}.connect()
	if err != nil {
		return err
	}
	file, err := serverFile(ctx, api, c.Tenant)
	if err != nil {
		return err
	}
	for i := range old.Connectors {
		if len(old.Connectors[i].Tests) == 0 {
			continue
		}
		now := file.Connector(old.Connectors[i].Slug)
		if now == nil {
			return fmt.Errorf("%s has tests for the connector %s, which is not in what is exported. Take them out of it, or write to another file", cmp.Or(c.KeepTests, c.Out), old.Connectors[i].Slug)
		}
		now.Tests = old.Connectors[i].Tests
	}
	data, err := file.Write()
	if err != nil {
		return err
	}
	if c.Out == "" {
		_, err := t.out.Write(data)
		return err
	}
	if err := replaceFile(c.Out, data); err != nil {
		return fmt.Errorf("writing %s: %w", c.Out, err)
	}
	return say(t, "%s is written. Directories: %d, tenants: %d, connectors: %d", c.Out, len(file.Directories), len(file.Tenants), len(file.Connectors))
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, data []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, data, 0o644) // such as /dev/stdout, which nothing may replace
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// readManifest reads a file with what administrators set; - is the standard input.
func readManifest(path string) (*manifest.File, error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	file, err := manifest.Read(data)
	if err != nil {
		return nil, manifest.In(path, err)
	}
	return file, nil
}

func readText(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(os.Stdin)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("reading the file: %w; muster export -o %s writes one, and -f names another", err, path)
		}
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	return data, nil
}

// serverFile is what the server has, in the form of a file; of one tenant, if it is named.
func serverFile(ctx context.Context, api *client, tenantName string) (*manifest.File, error) {
	file := &manifest.File{}
	owners, err := all[tenant](ctx, api, "/tenants")
	if err != nil {
		return nil, err
	}
	for _, x := range owners {
		if tenantName == "" || manifest.Same(x.Name, tenantName) {
			file.Tenants = append(file.Tenants, x.Name)
		}
	}
	if tenantName != "" && len(file.Tenants) == 0 {
		return nil, fmt.Errorf("there is no tenant %s; muster tenants list lists them", tenantName)
	}
	path := "/connectors"
	if tenantName != "" {
		path += "?" + url.Values{"tenant": file.Tenants}.Encode()
	}
	if file.Connectors, err = all[manifest.Connector](ctx, api, path); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for i := range file.Connectors {
		c := &file.Connectors[i]
		used[c.Directory] = true
		if err := api.call(ctx, http.MethodGet, "/connectors/"+escape(c.Slug)+"/rules", nil, &c.Rules); err != nil {
			return nil, err
		}
	}
	directories, err := all[json.RawMessage](ctx, api, "/directories")
	if err != nil {
		return nil, err
	}
	for _, data := range directories {
		d, err := serverDirectory(data)
		if err != nil {
			return nil, err
		}
		if tenantName == "" || used[d.Name] {
			file.Directories = append(file.Directories, d)
		}
	}
	return file, nil
}

// serverDirectory takes a directory's settings out of what the API says of it.
func serverDirectory(data []byte) (d manifest.Directory, err error) {
	var said struct{ Name string }
	fields := map[string]json.RawMessage{}
	if err := errors.Join(json.Unmarshal(data, &said), json.Unmarshal(data, &fields)); err != nil {
		return d, err
	}
	for _, more := range []string{"id", "name", "tenants", "created"} {
		delete(fields, more)
	}
	settings := policy.DirectorySettings{}
	data, err = json.Marshal(fields)
	if err == nil {
		err = settings.UnmarshalJSON(data)
	}
	if err != nil {
		return d, fmt.Errorf("the settings of directory %s are not what this version of the program expects: %w", said.Name, err)
	}
	return manifest.Directory{Name: said.Name, Settings: settings}, nil
}

// alike says whether two values have the same JSON.
func alike(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
