package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"
)

// What the manifest says about signed tokens (signed_jwt).
const (
	tokenIssuer      = "convergint"
	maxTokenLifetime = time.Hour
	clockTolerance   = time.Minute
	maxTokenBytes    = 8192
)

// consumerKey is a public key of the consumer. Two of them are registered while one replaces the other.
type consumerKey struct {
	id  string // the kid of its tokens; empty if vendor and consumer agreed on none
	key *rsa.PublicKey
}

// parsePublicKey reads a PEM file of at least 2048 bits: openssl pkey -in private.pem -pubout.
func parsePublicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("pass PEM that begins with -----BEGIN PUBLIC KEY-----")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 {
		return nil, errors.New("pass an RSA key of at least 2048 bits")
	}
	return key, nil
}

var errToken = errors.New("the token is invalid")

// verifyToken verifies a token that the consumer signed: algorithm, key, signature, issuer, times and lifetime. The
// algorithm is RS256, whatever the token says; this is what keeps out "none" and HS256 with the public key.
func verifyToken(token string, keys []consumerKey, now time.Time) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxTokenBytes {
		return errToken
	}
	var header struct {
		Algorithm string          `json:"alg"`
		KeyID     *string         `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	var claims struct {
		Issuer    string   `json:"iss"`
		IssuedAt  *float64 `json:"iat"`
		Expires   *float64 `json:"exp"`
		NotBefore *float64 `json:"nbf"`
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil {
		return errToken
	}
	if header.Algorithm != "RS256" || header.Critical != nil {
		return errToken
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signed := slices.ContainsFunc(keys, func(k consumerKey) bool {
		if header.KeyID != nil && k.id != "" && *header.KeyID != k.id {
			return false
		}
		return rsa.VerifyPKCS1v15(k.key, crypto.SHA256, digest[:], signature) == nil
	})
	if !signed || claims.Issuer != tokenIssuer || claims.IssuedAt == nil || claims.Expires == nil {
		return errToken
	}
	issued, expires, at := *claims.IssuedAt, *claims.Expires, float64(now.UnixMilli())/1000
	lifetime, tolerance := expires-issued, clockTolerance.Seconds()
	early := issued > at+tolerance || claims.NotBefore != nil && *claims.NotBefore > at+tolerance
	if early || expires <= at-tolerance || lifetime <= 0 || lifetime > maxTokenLifetime.Seconds() {
		return errToken
	}
	return nil
}

func decodePart(part string, v any) error {
	content, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, v)
}
