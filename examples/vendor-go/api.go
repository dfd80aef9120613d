package main

import (
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const maxRequestBytes = 128 << 10

// credential is what a consumer got when the integration was set up. It stays the same when its key is replaced.
type credential struct {
	id      string
	orgs    []string
	sandbox bool
	revoked bool
}

// grant is what an API key or an access token stands for.
type grant struct {
	credential *credential
	scopes     []string  // nil: all
	expires    time.Time // zero: never
}

// The scopes of access tokens. An API key has all of them.
const (
	scopeRead    = "inventory:read"
	scopeWebhook = "webhooks:write"
	scopeSandbox = "sandbox:control"
)

var scopes = []string{scopeRead, scopeWebhook, scopeSandbox}

type oauthClient struct {
	secret     [32]byte
	credential *credential
}

// api serves the contract over HTTP.
type api struct {
	cloud    *cloud
	webhooks *webhooks
	sealer   *sealer
	base     string
	boot     string

	tokenLifetime time.Duration
	clients       map[string]oauthClient
	signer        *credential   // of the consumer that signs its tokens
	signerKeys    []consumerKey // none: the manifest does not offer signed tokens

	mu     sync.Mutex
	grants map[[32]byte]grant // by the hash of the bearer token
}

func newAPI(c *cloud, w *webhooks, base string, tokenLifetime time.Duration) *api {
	return &api{
		cloud: c, webhooks: w, sealer: newSealer(), base: base, boot: rand.Text(), tokenLifetime: tokenLifetime,
		clients: map[string]oauthClient{}, grants: map[[32]byte]grant{},
	}
}

func (a *api) addKey(key string, c *credential) {
	a.grants[sha256.Sum256([]byte(key))] = grant{credential: c}
}

func (a *api) addClient(id, secret string, c *credential) {
	a.clients[id] = oauthClient{sha256.Sum256([]byte(secret)), c}
}

// problem is an RFC 9457 error.
type problem struct {
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Code      string         `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []invalidField `json:"errors,omitempty"`
}

type invalidField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

func newProblem(status int, code, detail string) *problem {
	title := strings.ReplaceAll(code, "_", " ")
	return &problem{Title: strings.ToUpper(title[:1]) + title[1:], Status: status, Detail: detail, Code: code, RequestID: newID("req")}
}

func invalidBody(pointer, detail string) *problem {
	p := newProblem(http.StatusBadRequest, "invalid_body", detail)
	p.Errors = []invalidField{{pointer, detail}}
	return p
}

func (p *problem) write(w http.ResponseWriter) {
	w.Header().Del("ETag")
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(encode(p))
}

func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body := []byte(encode(v))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Add("Vary", "Accept-Encoding, Authorization")
	if len(body) < 1024 || !acceptsGzip(r) {
		w.WriteHeader(status)
		_, _ = w.Write(body)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := gzip.NewWriter(w)
	_, _ = z.Write(body)
	_ = z.Close()
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, given := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(parameters), " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !given || err == nil && weight > 0
		}
	}
	return false
}

// readJSON reads a body into v, or returns why it cannot.
func readJSON(w http.ResponseWriter, r *http.Request, v any) *problem {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Send application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		return newProblem(http.StatusRequestEntityTooLarge, "payload_too_large", "Send at most 128 KiB.")
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return newProblem(http.StatusBadRequest, "malformed_body", "The body is not JSON.")
	}
	if err := json.Unmarshal(body, v); err != nil {
		pointer := ""
		if t, ok := err.(*json.UnmarshalTypeError); ok && t.Field != "" {
			pointer = "/" + strings.ReplaceAll(t.Field, ".", "/")
		}
		return invalidBody(pointer, "A member has the wrong type.")
	}
	return nil
}

// deprecated lists what Fjord withdraws, with the headers that announce it at least 180 days before.
var deprecated = []struct {
	path  string
	since time.Time
	until time.Time
}{
	{"/v1/catalog", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC)}, // now /v1/event-catalog
}

func announceDeprecation(w http.ResponseWriter, path string) {
	for _, d := range deprecated {
		if path == d.path {
			w.Header().Set("Deprecation", fmt.Sprintf("@%d", d.since.Unix()))
			w.Header().Set("Sunset", d.until.Format(http.TimeFormat))
		}
	}
}

// call is an authenticated request.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	caller *credential
	query  url.Values
	id     string // the id in the path, if the path has one
}

type methods map[string]func(*call)

// route finds the methods of a path below /v1, the id in it, and the scope that it needs. It splits the escaped path:
// an id may contain an escaped slash.
func (a *api) route(segments []string) (m methods, id, scope string) {
	if len(segments) > 1 && segments[0] == "v1" {
		rest := segments[1:]
		switch {
		case len(rest) == 1 && rest[0] == "orgs":
			return methods{"GET": a.listOrgs}, "", scopeRead
		case len(rest) == 1 && rest[0] == "sites":
			return methods{"GET": a.listSites}, "", scopeRead
		case len(rest) == 1 && rest[0] == "devices":
			return methods{"GET": a.listDevices}, "", scopeRead
		case len(rest) == 2 && rest[0] == "devices":
			return methods{"GET": a.getDevice}, rest[1], scopeRead
		case len(rest) == 1 && rest[0] == "events":
			return methods{"GET": a.listEvents}, "", scopeRead
		case len(rest) == 1 && (rest[0] == "event-catalog" || rest[0] == "catalog"):
			return methods{"GET": a.getCatalog}, "", scopeRead
		case len(rest) == 1 && rest[0] == "webhook-endpoints":
			return methods{"GET": a.listEndpoints, "POST": a.createEndpoint}, "", scopeWebhook
		case len(rest) == 2 && rest[0] == "webhook-endpoints":
			return methods{"DELETE": a.deleteEndpoint}, rest[1], scopeWebhook
		case len(rest) == 3 && rest[0] == "webhook-endpoints" && rest[2] == "rotate-secret":
			return methods{"POST": a.rotateSecret}, rest[1], scopeWebhook
		case len(rest) == 3 && rest[0] == "webhook-endpoints" && rest[2] == "ping":
			return methods{"POST": a.pingEndpoint}, rest[1], scopeWebhook
		}
	}
	if len(segments) > 1 && segments[0] == "sandbox" && segments[1] == "devices" {
		rest := segments[2:]
		switch {
		case len(rest) == 0:
			return methods{"POST": a.sandboxAdd}, "", scopeSandbox
		case len(rest) == 1:
			return methods{"DELETE": a.sandboxRemove}, rest[0], scopeSandbox
		case len(rest) == 2 && rest[1] == "status":
			return methods{"POST": a.sandboxStatus}, rest[0], scopeSandbox
		case len(rest) == 2 && rest[1] == "events":
			return methods{"POST": a.sandboxEvent}, rest[0], scopeSandbox
		case len(rest) == 2 && rest[1] == "move":
			return methods{"POST": a.sandboxMove}, rest[0], scopeSandbox
		}
	}
	return nil, "", ""
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if cause := recover(); cause != nil {
			slog.Error("a call failed", "path", r.URL.Path, "cause", cause)
			newProblem(http.StatusInternalServerError, "internal_error", "Retry later.").write(w)
		}
	}()
	path := r.URL.EscapedPath()
	announceDeprecation(w, path)
	switch path {
	case "/.well-known/vendor-cloud":
		a.public(w, r, "GET", func() { writeJSON(w, r, http.StatusOK, a.manifest()) })
		return
	case callStartedPath:
		a.public(w, r, "GET", func() { writeJSON(w, r, http.StatusOK, json.RawMessage(callStartedSchema)) })
		return
	case "/oauth/token":
		a.public(w, r, "POST", func() { a.issueToken(w, r) })
		return
	}

	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		unescaped, err := url.PathUnescape(segment)
		if err != nil {
			newProblem(http.StatusNotFound, "not_found", "Nothing is served at this path.").write(w)
			return
		}
		segments[i] = unescaped
	}
	if segments[0] != "v1" && segments[0] != "sandbox" {
		newProblem(http.StatusNotFound, "not_found", "Nothing is served at this path.").write(w)
		return
	}

	g, ok := a.authenticate(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="fjord"`)
		newProblem(http.StatusUnauthorized, "unauthorized", "Send Authorization: Bearer with a valid API key or access token.").write(w)
		return
	}
	m, id, scope := a.route(segments)
	if m == nil {
		newProblem(http.StatusNotFound, "not_found", "Nothing is served at this path.").write(w)
		return
	}
	if g.scopes != nil && !slices.Contains(g.scopes, scope) || scope == scopeSandbox && !g.credential.sandbox {
		newProblem(http.StatusForbidden, "forbidden", "The credential does not have the scope "+scope+".").write(w)
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handle, ok := m[method]
	if !ok {
		methodNotAllowed(w, m)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		newProblem(http.StatusBadRequest, "invalid_parameter", "The query of the URL is malformed.").write(w)
		return
	}
	for _, name := range []string{"limit", "cursor", "org_id", "site_id", "since", "after"} {
		if len(query[name]) > 1 {
			newProblem(http.StatusBadRequest, "invalid_parameter", "Send the parameter "+name+" only once.").write(w)
			return
		}
	}
	handle(&call{w, r, g.credential, query, id})
}

func (a *api) public(w http.ResponseWriter, r *http.Request, method string, handle func()) {
	if r.Method != method && !(method == http.MethodGet && r.Method == http.MethodHead) {
		methodNotAllowed(w, methods{method: nil})
		return
	}
	handle()
}

func methodNotAllowed(w http.ResponseWriter, m methods) {
	allowed := []string{}
	for method := range m {
		allowed = append(allowed, method)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "Use "+strings.Join(allowed, " or ")+".").write(w)
}

func (a *api) authenticate(r *http.Request) (grant, bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return grant{}, false
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return grant{}, false
	}
	token = strings.TrimSpace(token)
	if len(a.signerKeys) > 0 && verifyToken(token, a.signerKeys, time.Now()) == nil {
		return grant{credential: a.signer}, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok := a.grants[sha256.Sum256([]byte(token))]
	if !ok || g.credential.revoked || !g.expires.IsZero() && time.Now().After(g.expires) {
		return grant{}, false
	}
	return g, true
}

// issueToken is the OAuth 2 client credentials flow. Its errors are those of RFC 6749.
func (a *api) issueToken(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(encode(map[string]string{"error": code}))
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		fail(http.StatusBadRequest, "invalid_request")
		return
	}
	id, secret, _ := r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	client, known := a.clients[id]
	if errID != nil || errSecret != nil || !known || client.secret != sha256.Sum256([]byte(secret)) || client.credential.revoked {
		w.Header().Set("WWW-Authenticate", `Basic realm="fjord"`)
		fail(http.StatusUnauthorized, "invalid_client")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
	case "":
		fail(http.StatusBadRequest, "invalid_request")
		return
	default:
		fail(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	granted := strings.Fields(r.PostForm.Get("scope"))
	for _, scope := range granted {
		if !slices.Contains(scopes, scope) {
			fail(http.StatusBadRequest, "invalid_scope")
			return
		}
	}
	if len(granted) == 0 {
		granted = scopes
	}

	token := newID("fjat")
	a.mu.Lock()
	now := time.Now()
	for hash, g := range a.grants {
		if !g.expires.IsZero() && now.After(g.expires) {
			delete(a.grants, hash)
		}
	}
	// The caller's clock starts when the answer arrives, so the token works a little longer than it says.
	a.grants[sha256.Sum256([]byte(token))] = grant{client.credential, granted, now.Add(a.tokenLifetime + 3*time.Second)}
	a.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(encode(map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(a.tokenLifetime.Seconds()), "scope": strings.Join(granted, " "),
	}))
}

func (a *api) listOrgs(c *call) {
	a.servePage(c, listing{kind: "orgs", collect: func(uint64) []item { return orgItems(a.cloud.orgs, c.caller.orgs) }})
}

func (a *api) listSites(c *call) {
	org, _, ok := a.filters(c, false)
	if !ok {
		return
	}
	a.servePage(c, listing{
		kind: "sites", filters: filterText(org),
		collect: func(uint64) []item { return siteItems(a.cloud.sites, c.caller.orgs, org) },
	})
}

// filters reads org_id and site_id. An object of another tenant does not exist.
func (a *api) filters(c *call, withSite bool) (org, site string, ok bool) {
	org, given := parameter(c.query, "org_id")
	if given && !slices.Contains(c.caller.orgs, org) {
		newProblem(http.StatusNotFound, "unknown_org", "No org with this id is visible to this credential. List the orgs with GET /v1/orgs.").write(c.w)
		return "", "", false
	}
	if !withSite {
		return org, "", true
	}
	site, given = parameter(c.query, "site_id")
	if given {
		s, known := a.cloud.site(site)
		if !known || !slices.Contains(c.caller.orgs, s.OrgID) || org != "" && s.OrgID != org {
			newProblem(http.StatusNotFound, "unknown_site", "No site with this id is visible to this credential. List the sites with GET /v1/sites.").write(c.w)
			return "", "", false
		}
	}
	return org, site, true
}

// filterText is a short canonical text of filters.
func filterText(values ...string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q", values))
	return fmt.Sprintf("%x", h[:12])
}

func (a *api) listDevices(c *call) {
	org, site, ok := a.filters(c, true)
	if !ok {
		return
	}
	match := func(orgID, siteID string) bool {
		return slices.Contains(c.caller.orgs, orgID) && (org == "" || orgID == org) && (site == "" || siteID == site)
	}
	collect := func(revision uint64) []item { return a.cloud.deviceItems(match, revision) }

	since, given := parameter(c.query, "since")
	if given {
		var token syncToken
		if !a.sealer.open("sync_", since, &token) || token.Credential != c.caller.id || token.OrgID != org || token.SiteID != site {
			newProblem(http.StatusBadRequest, "invalid_sync_token", "The sync token was not issued for this call. Run a full listing.").write(c.w)
			return
		}
		if time.Since(token.AsOf) > tombstoneDays*24*time.Hour {
			newProblem(http.StatusGone, "sync_token_expired", "The sync token has expired. Run a full listing.").write(c.w)
			return
		}
		collect = func(revision uint64) []item { return a.cloud.changeItems(match, token.Revision, revision) }
	}
	a.servePage(c, listing{
		kind: "devices", filters: filterText(org, site, since), collect: collect,
		token: func(revision uint64, asOf time.Time) string {
			return a.sealer.seal("sync_", syncToken{c.caller.id, org, site, revision, asOf})
		},
	})
}

func (a *api) getDevice(c *call) {
	a.cloud.mu.Lock()
	d := a.cloud.device(c.id, c.caller.orgs)
	var v version
	if d != nil {
		v = d.versions[len(d.versions)-1]
	}
	a.cloud.mu.Unlock()
	if d == nil {
		unknownDevice().write(c.w)
		return
	}
	etag := fmt.Sprintf(`W/"%s.%d"`, a.boot, v.revision)
	c.w.Header().Set("ETag", etag)
	if matches(c.r, etag) {
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(c.w, c.r, http.StatusOK, v.body)
}

func unknownDevice() *problem {
	return newProblem(http.StatusNotFound, "unknown_device", "No device with this id is visible to this credential. List the devices with GET /v1/devices.")
}

func (a *api) listEvents(c *call) {
	org, _, ok := a.filters(c, false)
	if !ok {
		return
	}
	var after time.Time
	text, given := parameter(c.query, "after")
	if given {
		if after, ok = parseTimestamp(text); !ok {
			newProblem(http.StatusBadRequest, "invalid_parameter", "Send after as an RFC 3339 timestamp in UTC.").write(c.w)
			return
		}
		if _, continued := c.query["cursor"]; !continued && time.Since(after) > backfillDepth+backfillGrace/2 {
			newProblem(http.StatusGone, "backfill_expired", "Events of that time are gone. Run a full listing.").write(c.w)
			return
		}
	}
	match := func(orgID string) bool { return slices.Contains(c.caller.orgs, orgID) && (org == "" || orgID == org) }
	a.servePage(c, listing{
		kind: "events", filters: filterText(org, text),
		collect: func(revision uint64) []item { return a.cloud.eventItems(match, after, revision) },
	})
}

func (a *api) getCatalog(c *call) {
	type entry struct {
		Type        string   `json:"type"`
		Family      string   `json:"family"`
		Version     string   `json:"version"`
		Description string   `json:"description"`
		DeviceTypes []string `json:"device_types"`
		Delivery    []string `json:"delivery"`
		Schema      string   `json:"schema,omitempty"`
	}
	entries := []entry{}
	for _, t := range eventTypes {
		e := entry{t.name, t.family, "1", t.description, t.deviceTypes, t.delivery(), ""}
		if t.name == typeCallStarted {
			e.Schema = a.base + callStartedPath
		}
		entries = append(entries, e)
	}
	writeJSON(c.w, c.r, http.StatusOK, map[string]any{"data": entries})
}

const callStartedPath = "/schemas/intercom-call-started-1.json"

const callStartedSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "IntercomCallStartedEvent",
  "type": "object",
  "required": ["specversion", "id", "source", "type", "time", "data"],
  "properties": {
    "type": { "const": "com.fjordsecurity.intercom.call_started.v1" },
    "data": {
      "type": "object",
      "required": ["org_id", "site_id", "device_id"],
      "properties": {
        "org_id": { "type": "string" },
        "site_id": { "type": "string" },
        "device_id": { "type": "string" },
        "button": { "type": "string" }
      }
    }
  }
}`

func (a *api) manifest() map[string]any {
	kinds := []any{}
	for _, t := range deviceTypes {
		kind := map[string]any{"type": t.name, "status_from": []string{"inventory"}}
		if t.events {
			kind["status_from"] = []string{"inventory", "events"}
		}
		if t.connector {
			kind["connector"] = true
		}
		kinds = append(kinds, kind)
	}
	types := []any{}
	for _, t := range eventTypes {
		types = append(types, map[string]any{"type": t.name, "delivery": t.delivery()})
	}
	authentication := []any{
		map[string]any{"scheme": "bearer"},
		map[string]any{"scheme": "oauth2_client_credentials", "token_url": a.base + "/oauth/token", "scopes": scopes},
	}
	if len(a.signerKeys) > 0 {
		authentication = append(authentication, map[string]any{
			"scheme": "signed_jwt", "algorithms": []string{"RS256"}, "issuer": tokenIssuer,
			"max_lifetime_seconds": int(maxTokenLifetime.Seconds()),
		})
	}
	return map[string]any{
		"contract_version": "1.0",
		"vendor":           map[string]any{"id": "fjord-security", "name": "Fjord Security (example)"},
		"api_base":         a.base,
		"authentication":   authentication,
		"inventory": map[string]any{
			"max_page_size": maxPageSize, "incremental_sync": true, "tombstone_days": tombstoneDays, "conditional_requests": true,
		},
		"backfill": map[string]any{"depth_hours": int(backfillDepth.Hours())},
		"webhooks": map[string]any{
			"signature_schemes":      []string{"v1", "v1a"},
			"public_keys":            []string{a.webhooks.publicKey()},
			"batching":               true,
			"endpoint_management":    true,
			"retry_schedule_seconds": a.webhooks.scheduleSeconds(),
			"health_latency_seconds": 5,
		},
		"device_types": kinds,
		"event_types":  types,
		"sandbox": map[string]any{
			"control_url": a.base + "/sandbox",
			"commands":    []string{"status", "events", "add_device", "move_device", "remove_device"},
		},
	}
}
