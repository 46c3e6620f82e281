package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"
)

func TestAMachineWithoutAuthoritiesTrustsThePublicOnes(t *testing.T) {
	if os.Getenv("WITHOUT_AUTHORITIES") == "" {
		// They are read once a process.
		again := exec.Command(os.Args[0], "-test.run", t.Name())
		again.Env = append(os.Environ(), "WITHOUT_AUTHORITIES=1", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent")
		if said, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		return
	}
	trusted, err := trustedBy(SourceSettings{})
	if err != nil || trusted.Equal(x509.NewCertPool()) {
		t.Errorf("nobody is trusted: %v", err)
	}
}
