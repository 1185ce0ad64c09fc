package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instruction is one of a Dockerfile, with its continuation lines joined.
type instruction struct {
	name, rest string
}

func readDockerfile(t *testing.T) (all []instruction) {
	t.Helper()
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	joined := strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", " ")
	for line := range strings.Lines(joined) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, instruction{strings.ToUpper(name), strings.TrimSpace(rest)})
	}
	return all
}

func TestDockerfileEndsInAnImageWithNothingButTheProgram(t *testing.T) {
	t.Parallel()
	all := readDockerfile(t)
	var last []instruction // of the final stage
	for _, i := range all {
		if i.name == "FROM" {
			last = nil
		}
		last = append(last, i)
	}
	for _, want := range []instruction{
		{"FROM", "scratch"},
		{"USER", "65532:65532"},
		{"WORKDIR", "/data"},
		{"STOPSIGNAL", "SIGTERM"},
		{"ENTRYPOINT", `["/muster"]`},
		{"CMD", `["serve"]`},
		{"COPY", "--from=build --chown=65532:65532 /out/data /data"},
	} {
		if !slices.Contains(last, want) {
			t.Errorf("the final stage has no %s %s", want.name, want.rest)
		}
	}
	for _, i := range last {
		switch {
		case i.name == "HEALTHCHECK" && !strings.HasSuffix(i.rest, `CMD ["/muster", "healthcheck"]`):
			t.Errorf("HEALTHCHECK %s: there is no shell in the image, so the program has to ask itself", i.rest)
		case i.name == "RUN" || i.name == "ADD" || i.name == "SHELL":
			t.Errorf("%s %s: the final stage only takes what was built", i.name, i.rest)
		case i.name == "COPY" && !strings.HasPrefix(i.rest, "--from=build "):
			t.Errorf("COPY %s: the final stage only takes what was built", i.rest)
		case i.name == "COPY" && strings.Contains(i.rest, "--chown") && !strings.HasSuffix(i.rest, " /data"):
			t.Errorf("COPY %s: the program's user owns /data alone", i.rest)
		}
	}
	if !slices.ContainsFunc(last, func(i instruction) bool { return i.name == "HEALTHCHECK" }) {
		t.Error("there is no HEALTHCHECK")
	}
}

func TestDockerfileBuildsAStaticProgramFromPinnedImages(t *testing.T) {
	t.Parallel()
	text, used := "", ""
	earlier := map[string]bool{} // stages, on which others may build
	for _, i := range readDockerfile(t) {
		text += i.name + " " + i.rest + "\n"
		if image, stage, named := strings.Cut(i.rest, " AS "); i.name == "FROM" && image != "scratch" {
			if !earlier[image] && !regexp.MustCompile(`^[a-z/]+:[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+)?(@sha256:[0-9a-f]{64})?$`).MatchString(image) {
				t.Errorf("FROM %s does not say the full version", image)
			}
			if named {
				used += stage + " "
				earlier[stage] = true
			}
		}
		if (i.name == "ENV" || i.name == "ARG") && regexp.MustCompile(`TOKEN|PASSWORD|SECRET|_KEY`).MatchString(i.rest) {
			t.Errorf("%s %s: whoever has the image can read it", i.name, i.rest)
		}
		if i.name == "ADD" {
			t.Errorf("ADD %s: use COPY", i.rest)
		}
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath"} {
		if !strings.Contains(text, want) {
			t.Errorf("the build has no %s", want)
		}
	}
	for stage := range strings.FieldsSeq(used) {
		if !strings.Contains(text, "--from="+stage+" ") {
			t.Errorf("nothing is taken from the stage %s", stage)
		}
	}
}

// TestDockerfileHasTheCompilerThatGoModAsksFor: GOTOOLCHAIN=local, so an older one would refuse.
func TestDockerfileHasTheCompilerThatGoModAsksFor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`(?m)^go ([0-9]+\.[0-9]+)`).FindStringSubmatch(string(text))
	for _, i := range readDockerfile(t) {
		if version, ok := strings.CutPrefix(i.rest, "golang:"); i.name == "FROM" && ok && !strings.HasPrefix(version, asked[1]+".") {
			t.Errorf("the image is golang:%s, and go.mod asks for %s", version, asked[1])
		}
	}
}

// TestTheBuildGetsWhatItNeedsAndNoSecrets: .dockerignore lets a list of directories through.
func TestTheBuildGetsWhatItNeedsAndNoSecrets(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if !slices.Contains(lines, "*") {
		t.Error(".dockerignore does not begin with nothing (*): the context would hold .env, .git and deploy/secrets")
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}{{end}}", "./cmd/muster")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		top, _, _ := strings.Cut(strings.TrimPrefix(path, "github.com/muster-scim/muster/"), "/")
		if !slices.Contains(lines, "!"+top) {
			t.Errorf(".dockerignore keeps %s from the build: add !%s", path, top)
		}
	}
	for _, open := range []string{"!deploy", "!.git", "!.env", "!docs", "!bin", "!data"} {
		if slices.Contains(lines, open) {
			t.Errorf(".dockerignore lets %s through", open)
		}
	}
}

// TestTheImageHasTheGraphicalInterface: it is built in a stage of its own, with a Node that the
// tools run on, and is there when the program is built.
func TestTheImageHasTheGraphicalInterface(t *testing.T) {
	t.Parallel()
	stage, taken, built := "", -1, -1
	for n, i := range readDockerfile(t) {
		switch {
		case i.name == "FROM" && strings.HasPrefix(i.rest, "node:"):
			image, name, _ := strings.Cut(i.rest, " AS ")
			var major, minor int
			if _, err := fmt.Sscanf(image, "node:%d.%d", &major, &minor); err != nil || major < 20 || major == 20 && minor < 19 {
				t.Errorf("FROM %s: web/ui/package.json asks for Node 20.19 or later", image)
			}
			stage = name
		case stage != "" && i.name == "COPY" && strings.HasPrefix(i.rest, "--from="+stage+" ") && strings.HasSuffix(i.rest, " web/ui/dist/app"):
			taken = n
		case i.name == "RUN" && strings.HasPrefix(i.rest, "go build "):
			built = n
		}
	}
	if taken == -1 || built < taken {
		t.Error("the program is built without web/ui/dist/app, which a Node stage makes")
	}
}
