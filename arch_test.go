package muster_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/muster-scim/muster"

// layers lists the packages from the highest rank to the lowest (docs/design.md, section 8).
// A package may import packages of lower layers only, and, as one room, its own subpackages.
var layers = [][]string{
	{"cmd/muster"},
	{"gateway", "web"},
	{"storage/sql", "storage/redis", "storage/local", "storage/storagetest"},
	{"directory"},
	{"tenants", "directory/importpull"},
	{"scim/dialect", "scim/v1", "directory/importfile"},
	{"scim", "policy", "migrations"},
	{"scim/filter", "policy/mapping"},
	{"scim/canonical"},
}

// forTests are the packages that make tests possible: servers, clusters, faults. The product does
// not import them; they import each other, and run downhill like all.
var forTests = []string{"storage/storagetest", "cmd/muster/e2e", "cmd/muster/faults"}

// owners says which packages alone may import a foreign module.
var owners = []struct {
	modules []string
	by      []string
	instead string
}{
	{
		modules: []string{"gorm.io/", "github.com/jackc/pgx", "github.com/glebarez/", "modernc.org/", "database/sql"},
		by:      []string{"storage/sql", "storage/storagetest/pgtest"},
		instead: "add a method to the store that directory or tenants defines, with its case in storage/storagetest, and write it in storage/sql",
	},
	{
		modules: []string{"github.com/gin-gonic/", "github.com/gin-contrib/"},
		by:      []string{"gateway", "web"},
		instead: "return an http.Handler from gateway or web",
	},
	{
		modules: []string{"github.com/redis/"},
		by:      []string{"storage/redis", "storage/storagetest/redistest"},
		instead: "put it behind an interface of tenants, and write it in storage/redis",
	},
	{
		modules: []string{"github.com/prometheus/"},
		by:      []string{"cmd/muster/metrics"},
		instead: "keep count in a type of your own, or tell of it as gateway.Engine does, and show it in cmd/muster/metrics",
	},
	{
		modules: []string{"go.opentelemetry.io/"},
		by:      []string{"cmd/muster/tracing"},
		instead: "wrap the interface that is to be seen, in cmd/muster/tracing",
	},
	{
		modules: []string{"cel.dev/"},
		by:      []string{"policy/mapping"},
		instead: "let policy/mapping compile the expression and run it",
	},
}

// pure are the layers that are functions of their arguments: no clock, no context, no I/O.
var pure = []string{"scim/dialect", "scim/v1", "scim", "policy", "migrations", "scim/filter", "policy/mapping", "scim/canonical"}

// impure are the imports, and the functions of package time, that a pure layer may not use.
var (
	impureImports = []string{
		"context", "crypto/rand", "database/sql", "log", "log/slog", "math/rand", "math/rand/v2",
		"net", "net/http", "os", "os/exec", "syscall",
	}
	clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
)

// policyImports is all that the policy may import of this module: it must stay readable, and
// provable, on its own.
var policyImports = []string{"policy", "policy/mapping", "scim/canonical"}

func TestImportsRunDownhill(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue // a test may bring a real store into a package that knows only its interface
		}
		from, ok := layerOf(f.pkg)
		if !ok {
			t.Errorf("package %s has no rank.\n\tGive it a name from docs/design.md, add it there to section 8 and here to layers.", f.pkg)
			continue
		}
		for path, line := range f.imports {
			inner, ours := strings.CutPrefix(path, module+"/")
			if ours && withinAny(inner, forTests) && !withinAny(f.pkg, forTests) {
				t.Errorf("%s:%d: %s imports %s, which is for tests only.\n\tImport it from a _test.go file.",
					f.path, line, f.pkg, inner)
			}
			if !ours || room(inner) == room(f.pkg) {
				continue
			}
			to, ok := layerOf(inner)
			if ok && to >= from {
				t.Errorf("%s:%d: %s may not import %s, which does not lie below it.\n"+
					"\tImports only run downhill: %s.\n"+
					"\tMove what is needed down into %s or lower, or let the caller pass it in.",
					f.path, line, f.pkg, inner, ladder(), f.pkg)
			}
		}
	}
}

func TestForeignModulesHaveOneOwner(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for path, line := range f.imports {
			for _, owner := range owners {
				if !slices.ContainsFunc(owner.modules, func(m string) bool { return strings.HasPrefix(path, m) }) {
					continue
				}
				if !slices.ContainsFunc(owner.by, func(p string) bool { return within(f.pkg, p) }) {
					t.Errorf("%s:%d: only %s may import %s.\n\tInstead, %s.",
						f.path, line, strings.Join(owner.by, " and "), path, owner.instead)
				}
			}
		}
	}
}

func TestLeavesAreFunctionsOfTheirArguments(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || !slices.Contains(pure, room(f.pkg)) {
			continue
		}
		for path, line := range f.imports {
			if slices.Contains(impureImports, path) {
				t.Errorf("%s:%d: %s may not import %q: it has no clock, no context and no I/O.\n"+
					"\tDo the I/O in the caller, and pass in what was read.", f.path, line, f.pkg, path)
			}
			inner, ours := strings.CutPrefix(path, module+"/")
			if f.pkg == "policy" && ours && !slices.Contains(policyImports, inner) {
				t.Errorf("%s:%d: policy may import %s of this module, and not %s.\n"+
					"\tGive policy.Input what it needs in policy's own words.",
					f.path, line, strings.Join(policyImports[1:], ", "), inner)
			}
		}
		for _, use := range clockUses(f.file) {
			t.Errorf("%s:%d: %s reads the clock (time.%s).\n\tTake the time as an argument, as policy.Input.Now is.",
				f.path, f.line(use.Pos()), f.pkg, use.Sel.Name)
		}
	}
}

// clockUses returns the selectors of a file that read the clock.
func clockUses(file *ast.File) (uses []*ast.SelectorExpr) {
	name := ""
	for _, i := range file.Imports {
		if i.Path.Value == `"time"` {
			name = "time"
			if i.Name != nil {
				name = i.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || name == "" {
			return true
		}
		x, ok := selector.X.(*ast.Ident)
		if ok && x.Name == name && x.Obj == nil && slices.Contains(clock, selector.Sel.Name) {
			uses = append(uses, selector)
		}
		return true
	})
	return uses
}

// source is one Go file of the module.
type source struct {
	path    string // relative to the root
	pkg     string // its directory
	test    bool
	imports map[string]int // path to line
	file    *ast.File
	set     *token.FileSet
}

func (s source) line(p token.Pos) int { return s.set.Position(p).Line }

// sources parses every Go file of the product.
func sources(t *testing.T) (files []source) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{
			path: path, pkg: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"),
			imports: map[string]int{}, file: file, set: set,
		}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			s.imports[imported] = s.line(i.Pos())
		}
		files = append(files, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// skipped names the folders without code of the product.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"tools", "bin", "data", "testdata", "node_modules"}, name)
}

// layerOf returns the layer of a package, 0 being the lowest.
func layerOf(pkg string) (int, bool) {
	for i, layer := range layers {
		if slices.Contains(layer, room(pkg)) {
			return len(layers) - 1 - i, true
		}
	}
	return 0, false
}

// room returns the listed package that a package is or lies in, the longest that fits.
func room(pkg string) (best string) {
	for _, layer := range layers {
		for _, p := range layer {
			if within(pkg, p) && len(p) > len(best) {
				best = p
			}
		}
	}
	return best
}

func within(pkg, parent string) bool { return pkg == parent || strings.HasPrefix(pkg, parent+"/") }

func withinAny(pkg string, parents []string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return within(pkg, parent) })
}

func ladder() string {
	var steps []string
	for _, layer := range layers {
		steps = append(steps, strings.Join(layer, " and "))
	}
	return strings.Join(steps, " > ")
}
