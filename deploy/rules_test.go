package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// compose is what the rules look at in a Compose file.
type compose struct {
	Services map[string]service `yaml:"services"`
	Networks map[string]struct {
		Internal bool `yaml:"internal"`
	} `yaml:"networks"`
	Secrets map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
}

// service is one of its services.
type service struct {
	Image       string            `yaml:"image"`
	Command     any               `yaml:"command"`
	Build       any               `yaml:"build"`
	User        string            `yaml:"user"`
	Profiles    []string          `yaml:"profiles"`
	Privileged  bool              `yaml:"privileged"`
	ReadOnly    bool              `yaml:"read_only"`
	CapAdd      []string          `yaml:"cap_add"`
	CapDrop     []string          `yaml:"cap_drop"`
	SecurityOpt []string          `yaml:"security_opt"`
	NetworkMode string            `yaml:"network_mode"`
	PID         string            `yaml:"pid"`
	IPC         string            `yaml:"ipc"`
	Devices     []string          `yaml:"devices"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	Tmpfs       []string          `yaml:"tmpfs"`
	Secrets     []string          `yaml:"secrets"`
	Environment map[string]string `yaml:"environment"`
	Networks    networks          `yaml:"networks"`
	Restart     string            `yaml:"restart"`
	MemLimit    string            `yaml:"mem_limit"`
	CPUs        string            `yaml:"cpus"`
	PidsLimit   int               `yaml:"pids_limit"`
	Logging     struct {
		Options map[string]string `yaml:"options"`
	} `yaml:"logging"`
	Healthcheck struct {
		Test    any  `yaml:"test"`
		Disable bool `yaml:"disable"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// networks are written as a list of names, or with aliases.
type networks map[string]struct {
	Aliases []string `yaml:"aliases"`
}

func (n *networks) UnmarshalYAML(decode func(any) error) error {
	var names []string
	if decode(&names) == nil {
		*n = networks{}
		for _, name := range names {
			(*n)[name] = struct {
				Aliases []string `yaml:"aliases"`
			}{}
		}
		return nil
	}
	type plain networks
	return decode((*plain)(n))
}

// oneShot says whether a service does its work and ends.
func (s service) oneShot() bool { return s.Restart == "no" }

// problems are the sentences about what is not as it should be.
func (c compose) problems() (all []string) {
	names := make([]string, 0, len(c.Services))
	for name := range c.Services {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s := c.Services[name]
		for _, rule := range []func(service) []string{
			service.privileges, service.limits, service.pinned, service.health, service.files, service.clearSecrets,
			c.published, c.reachable, c.order,
		} {
			for _, problem := range rule(s) {
				all = append(all, name+": "+problem)
			}
		}
	}
	return all
}

// privileges: a service has none, and can write to memory and its volume only.
func (s service) privileges() (said []string) {
	if !s.ReadOnly {
		said = append(said, "read_only is not set")
	}
	if !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 {
		said = append(said, fmt.Sprintf("cap_drop is %v and cap_add %v, want ALL dropped and none added", s.CapDrop, s.CapAdd))
	}
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		said = append(said, "security_opt has no no-new-privileges:true")
	}
	if s.Privileged || len(s.Devices) > 0 {
		said = append(said, "it is privileged or has devices")
	}
	if s.NetworkMode != "" || s.PID != "" || s.IPC != "" {
		said = append(said, "network_mode, pid or ipc is set: it would share them with the host")
	}
	if user, _, _ := strings.Cut(s.User, ":"); !regexp.MustCompile(`^[1-9][0-9]*$`).MatchString(user) {
		said = append(said, fmt.Sprintf("the user is %q, want the number of one that is not root", s.User))
	}
	for _, mount := range s.Tmpfs {
		if !strings.Contains(mount, "noexec") || !strings.Contains(mount, "nosuid") || !strings.Contains(mount, "size=") {
			said = append(said, "tmpfs "+mount+" needs noexec, nosuid and a size")
		}
	}
	return said
}

// limits: no service takes the whole machine, or fills its disk with logs.
func (s service) limits() (said []string) {
	if s.MemLimit == "" {
		said = append(said, "mem_limit is missing")
	}
	if s.CPUs == "" {
		said = append(said, "cpus is missing")
	}
	if s.PidsLimit < 1 {
		said = append(said, "pids_limit is missing")
	}
	if s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
		said = append(said, "logging has no max-size and max-file")
	}
	return said
}

// pinned: an image that is not built here says its full version.
func (s service) pinned() []string {
	_, tag, _ := strings.Cut(s.Image, ":")
	if s.Build == nil && !regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z0-9.]+)?(@sha256:[0-9a-f]{64})?$`).MatchString(tag) {
		return []string{"the image " + s.Image + " does not say its full version"}
	}
	return nil
}

// health: what runs for long says whether it is well, without a shell; what ends does not.
func (s service) health() []string {
	if s.oneShot() {
		if !s.Healthcheck.Disable {
			return []string{"it ends by itself: healthcheck should be disabled"}
		}
		return nil
	}
	test, _ := s.Healthcheck.Test.([]any)
	if len(test) < 2 || test[0] != "CMD" || slices.Contains([]any{"sh", "/bin/sh", "bash"}, test[1]) {
		return []string{fmt.Sprintf("the healthcheck is %v, want CMD and a program that is no shell", s.Healthcheck.Test)}
	}
	return nil
}

// files: what comes from the host exists in this repository and cannot be written to.
func (s service) files() (said []string) {
	for _, volume := range s.Volumes {
		host, rest, _ := strings.Cut(volume, ":")
		switch {
		case !strings.ContainsAny(host, "/.$"):
			continue // a named volume
		case !strings.HasPrefix(host, "./deploy/"):
			said = append(said, volume+" comes from outside deploy/")
			continue
		case !strings.HasSuffix(rest, ":ro"):
			said = append(said, volume+" is not read-only")
		}
		if _, err := os.Stat(filepath.Join("..", host)); err != nil {
			said = append(said, host+" does not exist")
		}
	}
	return said
}

// clearSecrets: no secret stands in the environment, where `docker inspect` shows it.
func (s service) clearSecrets() (said []string) {
	for name, value := range s.Environment {
		if regexp.MustCompile(`PASSWORD|TOKEN|SECRET|KEY|DATABASE_URL|REDIS_URL`).MatchString(name) &&
			!strings.HasSuffix(name, "_FILE") && value != "" {
			said = append(said, name+" is a secret in the environment, want "+name+"_FILE")
		}
	}
	return said
}

// published: the proxy alone has a port, on this machine only.
func (c compose) published(s service) (said []string) {
	for _, port := range s.Ports {
		if !strings.HasPrefix(port, "127.0.0.1:") || !strings.HasPrefix(s.Image, "haproxy:") {
			said = append(said, "publishes "+port+"; only the proxy may, on 127.0.0.1")
		}
	}
	return said
}

// reachable: whoever is on a network with a way out is the proxy, and the proxy does not reach
// the data.
func (c compose) reachable(s service) (said []string) {
	proxy := strings.HasPrefix(s.Image, "haproxy:")
	if len(s.Networks) == 0 {
		said = append(said, "it names no network, so it is on the default one, which is not internal")
	}
	for name := range s.Networks {
		if !c.Networks[name].Internal && !proxy {
			said = append(said, "the network "+name+" is not internal")
		}
		if name == "data" && proxy {
			said = append(said, "the proxy is on the network data")
		}
	}
	return said
}

// order: whoever needs another waits until it is well, or has done its work.
func (c compose) order(s service) (said []string) {
	for name, need := range s.DependsOn {
		other, ok := c.Services[name]
		want := "service_healthy"
		if other.oneShot() {
			want = "service_completed_successfully"
		}
		if !ok || need.Condition != want {
			said = append(said, fmt.Sprintf("it waits for %s with %q, want a service with %q", name, need.Condition, want))
		}
	}
	return said
}
