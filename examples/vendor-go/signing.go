package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// newSecret makes the secret of an endpoint, in the form that the consumer gets.
func newSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// sign makes one signature of Standard Webhooks. The key is a whsec_ secret (v1) or a whsk_ private key (v1a), which
// the library does not know.
func sign(key, id string, at time.Time, body []byte) (string, error) {
	if text, ok := strings.CutPrefix(key, "whsk_"); ok {
		seed, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(seed) < ed25519.SeedSize {
			return "", fmt.Errorf("a whsk_ key is the base64 of at least %d bytes", ed25519.SeedSize)
		}
		private := ed25519.NewKeyFromSeed(seed[:ed25519.SeedSize])
		content := append(fmt.Appendf(nil, "%s.%d.", id, at.Unix()), body...)
		return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(private, content)), nil
	}
	webhook, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		return "", fmt.Errorf("a whsec_ secret is base64: %w", err)
	}
	return webhook.Sign(id, at, body)
}

// signAll makes the value of webhook-signature: one signature for each key, because the library
// signs with one secret and a rotation has two.
func signAll(keys []string, id string, at time.Time, body []byte) (string, error) {
	signatures := make([]string, 0, len(keys))
	for _, key := range keys {
		signature, err := sign(key, id, at, body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	return strings.Join(signatures, " "), nil
}

// newSigningKey makes an Ed25519 key pair: a whsk_ private key, and the whpk_ public key of the manifest.
func newSigningKey() (private, public string) {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed)
	key := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return "whsk_" + base64.StdEncoding.EncodeToString(seed), "whpk_" + base64.StdEncoding.EncodeToString(key)
}
