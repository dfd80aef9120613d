// Package consumer verifies webhooks as the contract says: by hand, and with the library of Standard Webhooks.
package consumer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const tolerance = 300 * time.Second

var (
	// A dot in the id would let one signature fit two deliveries.
	idPattern        = regexp.MustCompile(`^[^.\s]{1,256}$`)
	timestampPattern = regexp.MustCompile(`^[0-9]{1,12}$`)
)

// headersAreValid reports whether the headers are there, well formed and in time.
func headersAreValid(headers http.Header, now time.Time) bool {
	timestamp := headers.Get("webhook-timestamp")
	if !idPattern.MatchString(headers.Get("webhook-id")) || !timestampPattern.MatchString(timestamp) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= tolerance
}

// Verify verifies by hand. The body is what was received, before anything parsed it.
func Verify(secrets []string, headers http.Header, body []byte, now time.Time) bool {
	if !headersAreValid(headers, now) {
		return false
	}
	signatures := strings.Split(headers.Get("webhook-signature"), " ")
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			continue
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(headers.Get("webhook-id") + "." + headers.Get("webhook-timestamp") + "."))
		mac.Write(body)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range signatures {
			if hmac.Equal([]byte(signature), []byte(expected)) {
				return true
			}
		}
	}
	return false
}

// VerifyWithLibrary verifies with the library, which knows one secret at a time, after the checks that it lacks.
func VerifyWithLibrary(secrets []string, headers http.Header, body []byte, now time.Time) bool {
	if !headersAreValid(headers, now) {
		return false
	}
	for _, secret := range secrets {
		webhook, err := standardwebhooks.NewWebhook(secret)
		// The time is checked above, with the clock of the caller.
		if err == nil && webhook.VerifyIgnoringTimestamp(body, headers) == nil {
			return true
		}
	}
	return false
}
