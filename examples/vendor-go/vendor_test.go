package main

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// vectors reads a file of spec/1.0/vectors.
func vectors(t *testing.T, name string, v any) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(cmp.Or(os.Getenv("VECTORS"), "../../spec/1.0/vectors"), name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("set VECTORS to the folder spec/1.0/vectors of the contract")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		t.Fatal(err)
	}
}

func TestSignatureVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			Name     string            `json:"name"`
			Headers  map[string]string `json:"headers"`
			Body     []byte            `json:"body_base64"`
			SignWith []string          `json:"sign_with"`
		} `json:"cases"`
	}
	vectors(t, "signatures.json", &file)
	signed := 0
	for _, c := range file.Cases {
		if c.SignWith == nil {
			continue
		}
		signed++
		t.Run(c.Name, func(t *testing.T) {
			header := map[string]string{}
			for name, value := range c.Headers {
				header[strings.ToLower(name)] = value
			}
			timestamp, err := strconv.ParseInt(header["webhook-timestamp"], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			got, err := signAll(c.SignWith, header["webhook-id"], time.Unix(timestamp, 0), c.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got != header["webhook-signature"] {
				t.Errorf("got %s, want %s", got, header["webhook-signature"])
			}
		})
	}
	if signed == 0 {
		t.Error("no case to sign")
	}
}

func TestTimestampVectors(t *testing.T) {
	var file struct {
		Cases []struct {
			Name      string  `json:"name"`
			Input     string  `json:"input"`
			Canonical *string `json:"canonical"`
			Unix      *string `json:"unix_nanoseconds"`
		} `json:"cases"`
	}
	vectors(t, "timestamps.json", &file)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			got, ok := parseTimestamp(c.Input)
			if ok != (c.Canonical != nil) {
				t.Fatalf("%q: valid is %v", c.Input, ok)
			}
			if !ok {
				return
			}
			nanoseconds := big.NewInt(got.Unix())
			nanoseconds.Mul(nanoseconds, big.NewInt(1e9)).Add(nanoseconds, big.NewInt(int64(got.Nanosecond())))
			if c.Unix == nil || nanoseconds.String() != *c.Unix {
				t.Errorf("got %s nanoseconds", nanoseconds)
			}
		})
	}
}

// testVendor is a vendor with a client that has the sandbox tenant's key.
type testVendor struct {
	*testing.T
	api *api
	url string
	key string
}

func newTestVendor(t *testing.T) *testVendor {
	t.Helper()
	schedule := []time.Duration{20 * time.Millisecond, 50 * time.Millisecond, time.Hour}
	handler := newVendor("http://vendor.test", time.Second, schedule)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &testVendor{T: t, api: handler, url: server.URL, key: "fjord-sandbox-key"}
}

// call sends a request, checks the status, and decodes the answer into v.
func (t *testVendor) call(method, path string, body any, want int, v any) http.Header {
	t.Helper()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(encode(body))
	}
	request, err := http.NewRequest(method, t.url+path, content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+t.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: got %d, want %d: %s", method, path, response.StatusCode, want, answer)
	}
	if v != nil {
		if err := json.Unmarshal(answer, v); err != nil {
			t.Fatal(err)
		}
	}
	return response.Header
}

type devicePage struct {
	Data       []Device `json:"data"`
	NextCursor *string  `json:"next_cursor"`
	Snapshot   snapshot `json:"snapshot"`
	SyncToken  string   `json:"sync_token"`
}

// list reads a whole listing and calls between after each page.
func (t *testVendor) list(query string, between func()) ([]Device, string) {
	t.Helper()
	var devices []Device
	cursor := ""
	for {
		var page devicePage
		t.call("GET", "/v1/devices?"+query+cursor, nil, http.StatusOK, &page)
		devices = append(devices, page.Data...)
		if page.NextCursor == nil {
			if page.Snapshot.TotalCount != len(devices) {
				t.Errorf("total_count is %d, the listing has %d", page.Snapshot.TotalCount, len(devices))
			}
			return devices, page.SyncToken
		}
		cursor = "&cursor=" + *page.NextCursor
		between()
	}
}

func (t *testVendor) first(match func(Device) bool) Device {
	t.Helper()
	devices, _ := t.list("limit=1000", nil)
	i := slices.IndexFunc(devices, match)
	if i < 0 {
		t.Fatal("no such device")
	}
	return devices[i]
}

func TestListingIsASnapshot(t *testing.T) {
	v := newTestVendor(t)
	before, _ := v.list("limit=1000", nil)
	removed := 0
	paged, _ := v.list("limit=7", func() {
		removed++
		v.call("DELETE", "/sandbox/devices/"+before[len(before)-removed].DeviceID, nil, http.StatusNoContent, nil)
		v.call("POST", "/sandbox/devices", map[string]string{"site_id": before[0].SiteID, "type": "camera", "name": "New"}, http.StatusCreated, nil)
	})
	ids := func(devices []Device) []string {
		var ids []string
		for _, d := range devices {
			ids = append(ids, d.DeviceID)
		}
		return ids
	}
	if !slices.Equal(ids(before), ids(paged)) {
		t.Error("the listing changed while its pages were read")
	}
}

func TestChangesSinceAFilteredListing(t *testing.T) {
	v := newTestVendor(t)
	var sites struct{ Data []Site }
	v.call("GET", "/v1/sites", nil, http.StatusOK, &sites)
	camera := v.first(func(d Device) bool { return d.Type == "camera" && d.Status == online })
	filter := "site_id=" + camera.SiteID
	_, token := v.list(filter, func() {})
	i := slices.IndexFunc(sites.Data, func(s Site) bool { return s.OrgID == camera.OrgID && s.SiteID != camera.SiteID })
	v.call("POST", "/sandbox/devices/"+camera.DeviceID+"/move", map[string]string{"site_id": sites.Data[i].SiteID}, http.StatusOK, nil)

	changed, token := v.list(filter+"&since="+token, nil)
	if len(changed) != 1 || changed[0].SiteID != sites.Data[i].SiteID {
		t.Errorf("got %v, want the device that left the site", changed)
	}
	if changed, _ = v.list(filter+"&since="+token, nil); len(changed) != 0 {
		t.Errorf("got %v, want nothing", changed)
	}
	v.call("GET", "/v1/devices?since="+token, nil, http.StatusBadRequest, nil) // another filter

	v.key = "fjord-second-key"
	v.call("GET", "/v1/devices/"+camera.DeviceID, nil, http.StatusNotFound, nil)
	v.call("GET", "/v1/devices?since="+token, nil, http.StatusBadRequest, nil)
}

func TestDevicesBehindALostConnector(t *testing.T) {
	v := newTestVendor(t)
	gateway := v.first(func(d Device) bool { return d.Type == "gateway" })
	controller := v.first(func(d Device) bool { return d.ParentDeviceID == gateway.DeviceID && d.Type == "access_controller" })
	door := v.first(func(d Device) bool { return d.ParentDeviceID == controller.DeviceID && d.Type == "door" })
	status := func(d Device, status string, want int) {
		t.Helper()
		v.call("POST", "/sandbox/devices/"+d.DeviceID+"/status", map[string]string{"status": status}, want, nil)
	}
	expect := func(d Device, status, reason string) {
		t.Helper()
		var now Device
		v.call("GET", "/v1/devices/"+d.DeviceID, nil, http.StatusOK, &now)
		if now.Status != status || now.StatusReason != reason {
			t.Errorf("%s is %s (%s), want %s (%s)", d.Type, now.Status, now.StatusReason, status, reason)
		}
	}
	status(door, degraded, http.StatusOK)
	status(gateway, offline, http.StatusOK)
	expect(controller, unknown, reasonParentUnreachable)
	expect(door, unknown, reasonParentUnreachable)
	status(door, online, http.StatusConflict)
	status(gateway, online, http.StatusOK)
	expect(controller, online, "")
	expect(door, degraded, "")
}

func TestRetryHasTheSameBytesAndAFreshSignature(t *testing.T) {
	v := newTestVendor(t)
	type attempt struct {
		header http.Header
		body   []byte
	}
	var mu sync.Mutex
	var attempts []attempt
	done := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		attempts = append(attempts, attempt{r.Header, body})
		switch len(attempts) {
		case 1:
			w.WriteHeader(http.StatusFound)
		case 2:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 3:
			close(done)
		}
	}))
	defer receiver.Close()

	var e endpointView
	v.call("POST", "/v1/webhook-endpoints", map[string]string{"url": receiver.URL}, http.StatusCreated, &e)
	var rotated struct{ Secret string }
	v.call("POST", "/v1/webhook-endpoints/"+e.EndpointID+"/rotate-secret", nil, http.StatusOK, &rotated)
	var ping struct {
		EventID string `json:"event_id"`
	}
	started := time.Now()
	v.call("POST", "/v1/webhook-endpoints/"+e.EndpointID+"/ping", nil, http.StatusAccepted, &ping)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("no third attempt")
	}
	if waited := time.Since(started); waited < time.Second {
		t.Errorf("the third attempt came after %v, before Retry-After", waited)
	}
	for _, a := range attempts {
		seconds, _ := strconv.ParseInt(a.header.Get("webhook-timestamp"), 10, 64)
		want, err := signAll([]string{rotated.Secret, e.Secret, v.api.webhooks.signingKey}, ping.EventID, time.Unix(seconds, 0), a.body)
		if err != nil {
			t.Fatal(err)
		}
		if a.header.Get("webhook-id") != ping.EventID || a.header.Get("webhook-signature") != want || !bytes.Equal(a.body, attempts[0].body) {
			t.Errorf("got %v, want the signatures %s", a.header, want)
		}
	}
	if attempts[0].header.Get("webhook-timestamp") == attempts[2].header.Get("webhook-timestamp") {
		t.Error("a retry repeats the timestamp")
	}
}

func TestDestinations(t *testing.T) {
	for destination, want := range map[string]bool{
		"https://93.184.215.14/hooks": true, "http://127.0.0.1:9000/": true, "http://localhost:9000": true, "https://[::1]/": true,
		"http://93.184.215.14/": false, "https://10.1.2.3/": false, "https://169.254.169.254/": false, "https://[::ffff:10.0.0.1]/": false,
		"https://[fe80::1]/": false, "https://167837955/": false, "https://0xa.1/": false, "https://user:pass@93.184.215.14/": false,
		"ftp://93.184.215.14/": false, "/hooks": false, "https://0.0.0.0/": false,
	} {
		if err := checkDestination(t.Context(), destination, true); (err == nil) != want {
			t.Errorf("%s: %v", destination, err)
		}
	}
	if checkDestination(t.Context(), "http://127.0.0.1/", false) == nil {
		t.Error("a production tenant may deliver to loopback")
	}
}

func TestDeprecatedPathSaysSo(t *testing.T) {
	v := newTestVendor(t)
	header := v.call("GET", "/v1/catalog", nil, http.StatusOK, nil)
	since, err := strconv.ParseInt(strings.TrimPrefix(header.Get("Deprecation"), "@"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	sunset, err := http.ParseTime(header.Get("Sunset"))
	if err != nil {
		t.Fatal(err)
	}
	if sunset.Sub(time.Unix(since, 0)) < 180*24*time.Hour {
		t.Error("the sunset is less than 180 days after the deprecation")
	}
	if header := v.call("GET", "/v1/event-catalog", nil, http.StatusOK, nil); header.Get("Deprecation") != "" {
		t.Error("the current path is deprecated too")
	}
}

func TestSignedTokens(t *testing.T) {
	newKey := func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	key, stranger, now := newKey(), newKey(), time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	type object = map[string]any
	valid := object{"iss": tokenIssuer, "iat": at(0), "exp": at(time.Hour), "jti": "1"}
	with := func(claims object) object {
		merged := maps.Clone(valid)
		maps.Copy(merged, claims)
		maps.DeleteFunc(merged, func(_ string, v any) bool { return v == nil })
		return merged
	}
	content := func(header, claims object) string {
		return base64.RawURLEncoding.EncodeToString(encode(header)) + "." + base64.RawURLEncoding.EncodeToString(encode(claims))
	}
	sign := func(key *rsa.PrivateKey, header, claims object) string {
		text := content(header, claims)
		digest := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	rs256 := object{"alg": "RS256", "typ": "JWT", "kid": "k1"}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	confused := content(object{"alg": "HS256"}, valid)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	mac.Write([]byte(confused))
	confused += "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))

	vendor := newTestVendor(t)
	vendor.api.signerKeys = []consumerKey{{"k1", &key.PublicKey}}
	for _, c := range []struct {
		name, token string
		want        int
	}{
		{"valid", sign(key, rs256, valid), 200},
		{"valid without a kid", sign(key, object{"alg": "RS256"}, valid), 200},
		{"valid from a clock that is ahead", sign(key, rs256, with(object{"iat": at(50 * time.Second)})), 200},
		{"expired", sign(key, rs256, with(object{"iat": at(-time.Hour), "exp": at(-62 * time.Second)})), 401},
		{"not yet valid", sign(key, rs256, with(object{"iat": at(70 * time.Second)})), 401},
		{"nbf in the future", sign(key, rs256, with(object{"nbf": at(70 * time.Second)})), 401},
		{"another key", sign(stranger, rs256, valid), 401},
		{"another kid", sign(key, object{"alg": "RS256", "kid": "k2"}, valid), 401},
		{"another issuer", sign(key, rs256, with(object{"iss": "other"})), 401},
		{"a lifetime that is too long", sign(key, rs256, with(object{"exp": at(time.Hour + time.Second)})), 401},
		{"no exp", sign(key, rs256, with(object{"exp": nil})), 401},
		{"no iat", sign(key, rs256, with(object{"iat": nil})), 401},
		{"none", content(object{"alg": "none"}, valid) + ".", 401},
		{"HS256 with the public key", confused, 401},
		{"RS256 that calls itself RS512", sign(key, object{"alg": "RS512"}, valid), 401},
		{"a critical member", sign(key, object{"alg": "RS256", "crit": []string{"x"}, "x": 1}, valid), 401},
		{"text", "a.b.c", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller := &testVendor{t, vendor.api, vendor.url, c.token}
			caller.call("GET", "/v1/orgs", nil, c.want, nil)
		})
	}

	// While a key is replaced, both work.
	vendor.api.signerKeys = append(vendor.api.signerKeys, consumerKey{"k2", &stranger.PublicKey})
	for id, k := range map[string]*rsa.PrivateKey{"k1": key, "k2": stranger} {
		vendor.key = sign(k, object{"alg": "RS256", "kid": id}, valid)
		vendor.call("GET", "/v1/orgs", nil, http.StatusOK, nil)
	}
}
