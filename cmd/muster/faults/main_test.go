package faults

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// privateVariable says that this process has mounts of its own.
const privateVariable = "MUSTER_FAULTS_PRIVATE"

// scratch is where this process keeps what its tests share.
var scratch string

// TestMain runs the tests in a process whose mounts nobody else sees, where this one may: the
// small disks of some scenarios end with it, however it ends.
func TestMain(m *testing.M) {
	if os.Getuid() == 0 && os.Getenv(privateVariable) == "" && os.Getenv(chosenVariable) != "" {
		os.Exit(runPrivately())
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "muster-faults-program-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// runPrivately runs this program again with mounts of its own, and returns its exit code.
func runPrivately() int {
	runtime.LockOSThread() // the signal at our death is tied to the thread that started the child
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), privateVariable+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
