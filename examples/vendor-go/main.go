// Command vendor-go is an example of a vendor's cloud: the vendor cloud contract in Go, with the standard library only.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		slog.Error("the vendor stopped", "error", err)
		os.Exit(1)
	}
}

func run() error {
	address := flag.String("listen", "127.0.0.1:8620", "address to listen on")
	base := flag.String("base-url", "", "public URL of this server; default: http:// and the address")
	lifetime := flag.Duration("token-lifetime", 20*time.Second, "lifetime of access tokens")
	flag.Parse()

	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	if *base == "" {
		*base = "http://" + listener.Addr().String()
	}
	vendor := newVendor(*base, *lifetime, sandboxSchedule)
	for _, name := range []string{"VENDOR_PUBLIC_KEY_FILE", "VENDOR_NEXT_PUBLIC_KEY_FILE"} {
		if err := registerKey(vendor, name); err != nil {
			return err
		}
	}
	go func() {
		for now := range time.Tick(time.Hour) {
			vendor.cloud.prune(now)
		}
	}()
	server := &http.Server{Handler: vendor, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	fmt.Printf("Serving %s/.well-known/vendor-cloud\n", *base)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// registerKey registers the consumer's public key that a variable names as FILE or as FILE=KID.
func registerKey(a *api, variable string) error {
	file, id, _ := strings.Cut(os.Getenv(variable), "=")
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	key, err := parsePublicKey(text)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", variable, file, err)
	}
	a.signerKeys = append(a.signerKeys, consumerKey{id, key})
	return nil
}

// newVendor connects the parts. The keys are for the demo only; the environment replaces them.
func newVendor(base string, tokenLifetime time.Duration, schedule []time.Duration) *api {
	e := newEstate(time.Now())
	c := newCloud(e)
	w := newWebhooks(schedule)
	c.publishTo = w.publish

	a := newAPI(c, w, base, tokenLifetime)
	env := func(name, otherwise string) string { return cmp.Or(os.Getenv(name), otherwise) }
	sandbox := e.tenants[tenantSandbox]
	a.addKey(env("VENDOR_API_KEY", "fjord-sandbox-key"), &credential{id: "sandbox", orgs: sandbox, sandbox: true})
	a.addClient(env("VENDOR_CLIENT_ID", "fjord-client"), env("VENDOR_CLIENT_SECRET", "fjord-client-secret"),
		&credential{id: "sandbox-oauth", orgs: sandbox, sandbox: true})
	a.signer = &credential{id: "sandbox-signer", orgs: sandbox, sandbox: true}
	a.addKey(env("VENDOR_SECOND_API_KEY", "fjord-second-key"), &credential{id: "second", orgs: e.tenants[tenantSecond], sandbox: true})
	a.addKey(env("VENDOR_WITHDRAWN_API_KEY", "fjord-withdrawn-key"), &credential{id: "withdrawn", orgs: sandbox, sandbox: true, revoked: true})
	a.addKey(env("VENDOR_PRODUCTION_API_KEY", "fjord-production-key"), &credential{id: "production", orgs: e.tenants[tenantProduction]})
	return a
}
