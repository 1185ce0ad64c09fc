package deploy_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// TestHAProxyTakesItsConfiguration asks the installed HAProxy, which may be older than that of
// docker-compose.yml: the files keep to what both understand.
func TestHAProxyTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	program := haproxy(t)
	for name, files := range map[string][]string{
		"plain": {"haproxy/haproxy.cfg"},
		"TLS":   {"haproxy/haproxy.cfg", "haproxy/tls.cfg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arguments := []string{"-c"}
			for _, file := range files {
				arguments = append(arguments, "-f", file)
			}
			cmd := exec.Command(program, arguments...)
			cmd.Env = append(os.Environ(), "LISTEN=127.0.0.1:8080", "MUSTER_1=127.0.0.1:8081", "MUSTER_2=127.0.0.1:8082",
				"TLS_LISTEN=127.0.0.1:8443", "TLS_CERTIFICATE="+certificate(t))
			out, err := cmd.CombinedOutput()
			if err != nil || bytes.Contains(out, []byte("[WARNING]")) {
				t.Errorf("haproxy -c says %v\n%s", err, out)
			}
		})
	}
}

// haproxy is the installed program.
func haproxy(t *testing.T) string {
	t.Helper()
	program, err := cluster.Installed("haproxy")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestTheProxyLogsNoQueries: a filter holds people's names and addresses.
func TestTheProxyLogsNoQueries(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"haproxy/haproxy.cfg", "haproxy/tls.cfg"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, whole := range []string{"option httplog", "%HU", "%HQ", "%r ", "%r\"", "capture request"} {
			if strings.Contains(string(text), whole) {
				t.Errorf("%s has %q, which writes queries or headers to the log", file, whole)
			}
		}
	}
}

// certificate makes a PEM file with a certificate and its key.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: cert}, {Type: "PRIVATE KEY", Bytes: private}} {
		if err := pem.Encode(&text, block); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "tls.pem")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
