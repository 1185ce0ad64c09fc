package deploy_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// makeSecrets runs the script, as installed below root, with arguments.
func makeSecrets(t *testing.T, root string, arguments ...string) string {
	t.Helper()
	out, err := exec.Command("/bin/sh", append([]string{filepath.Join(root, "deploy", "secrets.sh")}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("secrets.sh: %v\n%s", err, out)
	}
	return string(out)
}

// tree is a source tree with nothing but the script.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	script, err := os.ReadFile("secrets.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "deploy"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "deploy", "secrets.sh"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

// readAll returns the files of a directory by name.
func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.Base(path)] = strings.TrimSpace(string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSecretsAreLongDifferentAndNotPrinted(t *testing.T) {
	t.Parallel()
	root := tree(t)
	printed := makeSecrets(t, root)
	seen := map[string]string{}
	files := readAll(t, filepath.Join(root, "deploy", "secrets"))
	for name, text := range files {
		if strings.Contains(printed, text) {
			t.Errorf("%s was printed", name)
		}
		if !strings.HasSuffix(name, "_password") && name != "admin_token" && name != "secret_key" {
			continue
		}
		if len(text) != 64 {
			t.Errorf("%s has %d characters, want the 64 of 256 bits", name, len(text))
		}
		if other, ok := seen[text]; ok {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[text] = name
	}
	for url, password := range map[string]string{
		"owner_database_url": "owner_password", "app_database_url": "app_password", "redis_url": "redis_password",
	} {
		if !strings.Contains(files[url], ":"+files[password]+"@") {
			t.Errorf("%s does not hold the %s", url, password)
		}
	}
	if strings.Contains(files["redis_acl"], files["redis_password"]) {
		t.Error("redis_acl holds the password in clear, want its hash")
	}
}

// TestSecretsAreTheirOwnersAlone: nobody else gets into the directory. What is in it is readable
// for a container's user, who sees the file by itself.
func TestSecretsAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	root := tree(t)
	makeSecrets(t, root)
	dir := filepath.Join(root, "deploy", "secrets")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has the mode %v (%v), want 0700", info.Mode().Perm(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o444 {
			t.Errorf("%s has the mode %v (%v), want 0444", entry.Name(), info.Mode().Perm(), err)
		}
	}
}

func TestSecretsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	root := tree(t)
	makeSecrets(t, root)
	dir := filepath.Join(root, "deploy", "secrets")
	before := readAll(t, dir)
	if err := os.Remove(filepath.Join(dir, "secret_key")); err != nil {
		t.Fatal(err)
	}
	makeSecrets(t, root)
	for name, text := range readAll(t, dir) {
		if changed := text != before[name]; changed != (name == "secret_key") {
			t.Errorf("%s: changed is %v by a second run that had only secret_key to make", name, changed)
		}
	}
}

// TestSecretsAreToldToComposeOnce: and what else stands in .env stays.
func TestSecretsAreToldToComposeOnce(t *testing.T) {
	t.Parallel()
	root := tree(t)
	env := filepath.Join(root, ".env")
	if err := os.WriteFile(env, []byte("MUSTER_PORT=8090"), 0o600); err != nil {
		t.Fatal(err)
	}
	makeSecrets(t, root)
	makeSecrets(t, root)
	text, err := os.ReadFile(env)
	if err != nil || !bytes.Equal(text, []byte("MUSTER_PORT=8090\nMUSTER_SECRETS=./deploy/secrets\n")) {
		t.Errorf(".env is %q (%v)", text, err)
	}
	elsewhere := tree(t)
	makeSecrets(t, elsewhere, filepath.Join(elsewhere, "mine"))
	if _, err := os.Stat(filepath.Join(elsewhere, ".env")); !os.IsNotExist(err) {
		t.Errorf("with a directory of one's own, .env was written: %v", err)
	}
}
