package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	maxBatch         = 100
	batchLinger      = 50 * time.Millisecond
	attemptTimeout   = 20 * time.Second
	maxRetryAfter    = time.Hour
	rotationOverlap  = 25 * time.Hour
	keptSecrets      = 3
	attemptsAtOnce   = 64 // of one endpoint
	deliveryMedia    = "application/cloudevents+json"
	batchMedia       = "application/cloudevents-batch+json"
	stoppedBy410     = "gone"
	maxDeliveryBytes = 256 << 10
)

// sandboxSchedule has the waits between the attempts of one delivery: more than 24 hours together.
var sandboxSchedule = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second, 3 * time.Minute, 20 * time.Minute, 2 * time.Hour, 8 * time.Hour, 16 * time.Hour,
}

// webhooks has the endpoints and delivers events to them. Everything is in memory: see README.md.
type webhooks struct {
	schedule   []time.Duration
	signingKey string // whsk_
	public     string // whpk_
	clients    map[bool]*http.Client

	mu        sync.Mutex
	endpoints []*endpoint
}

// endpoint is one registered destination. Its own goroutine makes deliveries of its events, so endpoints do not wait
// for each other.
type endpoint struct {
	id        string
	url       string
	orgID     string
	types     []string
	createdAt time.Time
	owner     *credential
	slots     chan struct{}
	wake      chan struct{}
	ended     context.Context // done when the endpoint was deleted or stopped
	end       context.CancelFunc

	mu      sync.Mutex
	stopped bool
	deleted bool
	secrets []signingSecret // newest first
	queue   []*published    // not yet in a delivery
}

type signingSecret struct {
	secret  string
	expires time.Time // zero for the newest
}

// delivery is what one webhook-id stands for.
type delivery struct {
	id    string
	media string
	body  []byte
}

func newWebhooks(schedule []time.Duration) *webhooks {
	w := &webhooks{schedule: schedule}
	w.signingKey, w.public = newSigningKey()
	w.clients = map[bool]*http.Client{true: deliveryClient(true), false: deliveryClient(false)}
	return w
}

func (w *webhooks) publicKey() string { return w.public }

func (w *webhooks) scheduleSeconds() []int {
	seconds := []int{}
	for _, wait := range w.schedule {
		seconds = append(seconds, int(wait.Seconds()))
	}
	return seconds
}

// deliveryClient follows no redirect and connects only to allowed addresses, whatever a name resolves to.
func deliveryClient(loopback bool) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !allowedAddress(to.Addr(), loopback) {
			return fmt.Errorf("%s is not a public address", to.Addr())
		}
		return nil
	}}
	return &http.Client{
		Timeout:       attemptTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableCompression: true, MaxIdleConnsPerHost: 16,
			IdleConnTimeout: 2 * time.Second, // less than servers keep idle connections
		},
	}
}

// nonPublic are the ranges that netip's predicates do not cover.
var nonPublic = func() []netip.Prefix {
	var prefixes []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		prefixes = append(prefixes, netip.MustParsePrefix(p))
	}
	return prefixes
}()

func allowedAddress(address netip.Addr, loopback bool) bool {
	address = address.Unmap().WithZone("")
	if address.IsLoopback() {
		return loopback
	}
	return address.IsGlobalUnicast() && !address.IsPrivate() &&
		!slices.ContainsFunc(nonPublic, func(p netip.Prefix) bool { return p.Contains(address) })
}

var numericHost = regexp.MustCompile(`(?i)(^|\.)(\d+|0x[0-9a-f]*)$`)

// checkDestination refuses a URL to which deliveries may not go. The address is checked again at each connection.
func checkDestination(ctx context.Context, text string, loopback bool) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("send an absolute https URL")
	}
	if u.User != nil {
		return errors.New("a URL must not contain a user name or a password")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("the port is not valid")
		}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	local := host == "localhost"
	if address, err := netip.ParseAddr(host); err == nil {
		if !allowedAddress(address, loopback) {
			return errors.New("send a public address")
		}
		local = address.Unmap().IsLoopback()
	} else if host == "" || numericHost.MatchString(host) {
		return errors.New("send a host name or a common form of an IP address")
	}
	if local && !loopback {
		return errors.New("send a public address")
	}
	if u.Scheme == "http" && !local {
		return errors.New("send an https URL")
	}
	if local {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	addresses, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host) // a name that does not resolve yet may do so later
	for _, address := range addresses {
		if !allowedAddress(address, loopback) {
			return errors.New("the host name resolves to an address that is not public")
		}
	}
	return nil
}

func (w *webhooks) register(owner *credential, destination, orgID string, types []string) *endpoint {
	e := &endpoint{
		id: newID("we"), url: destination, orgID: orgID, types: types, createdAt: time.Now(), owner: owner,
		slots: make(chan struct{}, attemptsAtOnce), wake: make(chan struct{}, 1), secrets: []signingSecret{{secret: newSecret()}},
	}
	e.ended, e.end = context.WithCancel(context.Background())
	w.mu.Lock()
	w.endpoints = append(w.endpoints, e)
	w.mu.Unlock()
	go w.run(e)
	return e
}

// owned lists the endpoints of a credential, including stopped ones.
func (w *webhooks) owned(owner *credential) []*endpoint {
	w.mu.Lock()
	defer w.mu.Unlock()
	owned := []*endpoint{}
	for _, e := range w.endpoints {
		if e.owner == owner {
			owned = append(owned, e)
		}
	}
	return owned
}

func (w *webhooks) find(owner *credential, id string) *endpoint {
	for _, e := range w.owned(owner) {
		if e.id == id {
			return e
		}
	}
	return nil
}

// remove deletes an endpoint. An attempt that has begun is aborted, so none arrives after the answer to the DELETE.
func (w *webhooks) remove(e *endpoint) {
	w.mu.Lock()
	w.endpoints = slices.DeleteFunc(w.endpoints, func(other *endpoint) bool { return other == e })
	w.mu.Unlock()
	e.mu.Lock()
	e.deleted = true
	e.queue = nil
	e.mu.Unlock()
	e.end()
}

// publish queues an event for every endpoint that may get it.
func (w *webhooks) publish(p *published) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.endpoints {
		if e.wants(p) {
			e.enqueue(p)
		}
	}
}

func (e *endpoint) wants(p *published) bool {
	return !e.owner.revoked && slices.Contains(e.owner.orgs, p.orgID) && (e.orgID == "" || e.orgID == p.orgID) &&
		(len(e.types) == 0 || slices.Contains(e.types, p.typ))
}

func (e *endpoint) enqueue(p *published) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped || e.deleted {
		return
	}
	e.queue = append(e.queue, p)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// run makes deliveries of an endpoint's events: one event alone, or a batch of those that came together.
func (w *webhooks) run(e *endpoint) {
	for {
		select {
		case <-e.ended.Done():
			return
		case <-e.wake:
		}
		time.Sleep(batchLinger)
		e.mu.Lock()
		queue := e.queue
		e.queue = nil
		e.mu.Unlock()
		for _, d := range pack(queue) {
			go w.deliver(e, d)
		}
	}
}

// pack makes as few deliveries of the events as possible. A ping is always alone.
func pack(queue []*published) []delivery {
	var deliveries []delivery
	var batch []*published
	size := 2
	flush := func() {
		switch {
		case len(batch) == 1:
			deliveries = append(deliveries, delivery{batch[0].id, deliveryMedia, batch[0].body})
		case len(batch) > 1:
			bodies := make([][]byte, len(batch))
			for i, p := range batch {
				bodies[i] = p.body
			}
			body := slices.Concat([]byte("["), bytes.Join(bodies, []byte(",")), []byte("]"))
			deliveries = append(deliveries, delivery{newID("batch"), batchMedia, body})
		}
		batch, size = nil, 2
	}
	for _, p := range queue {
		if p.typ == typePing {
			deliveries = append(deliveries, delivery{p.id, deliveryMedia, p.body})
			continue
		}
		if len(batch) == maxBatch || size+len(p.body)+1 > maxDeliveryBytes {
			flush()
		}
		batch = append(batch, p)
		size += len(p.body) + 1
	}
	flush()
	return deliveries
}

// deliver attempts a delivery until it succeeds, the endpoint ends or the schedule does.
func (w *webhooks) deliver(e *endpoint, d delivery) {
	for attempt := 0; ; attempt++ {
		select {
		case e.slots <- struct{}{}:
		case <-e.ended.Done():
			return
		}
		status, retryAfter, err := w.attempt(e, d)
		<-e.slots
		switch {
		case status >= 200 && status <= 299:
			return
		case status == http.StatusGone:
			e.stop()
			return
		case e.ended.Err() != nil || e.owner.revoked:
			return
		case attempt == len(w.schedule):
			slog.Warn("gave up a delivery", "endpoint", e.id, "delivery", d.id, "status", status, "error", err)
			return
		}
		// The jitter only lengthens a wait: together, the waits are never less than the schedule says.
		wait := w.schedule[attempt]
		wait += time.Duration(rand.Int64N(int64(wait)/4 + 1))
		select {
		case <-time.After(max(wait, min(retryAfter, maxRetryAfter))):
		case <-e.ended.Done():
			return
		}
	}
}

// attempt posts a delivery once, with a fresh timestamp and fresh signatures.
func (w *webhooks) attempt(e *endpoint, d delivery) (status int, retryAfter time.Duration, err error) {
	now := time.Now()
	keys := e.signingSecrets(now)
	signature, err := signAll(append(keys, w.signingKey), d.id, now, d.body)
	if err != nil {
		return 0, 0, err
	}
	request, err := http.NewRequestWithContext(e.ended, http.MethodPost, e.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, 0, err
	}
	request.Header.Set("Content-Type", d.media)
	request.Header.Set("User-Agent", "fjord-webhooks/1.0")
	request.Header.Set("webhook-id", d.id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	response, err := w.clients[e.owner.sandbox].Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		retryAfter = parseRetryAfter(response.Header.Get("Retry-After"), time.Now())
	}
	return response.StatusCode, retryAfter, nil
}

func parseRetryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}

func (e *endpoint) signingSecrets(now time.Time) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secrets = slices.DeleteFunc(e.secrets, func(s signingSecret) bool { return !s.expires.IsZero() && now.After(s.expires) })
	keys := make([]string, 0, len(e.secrets)+1)
	for _, s := range e.secrets {
		keys = append(keys, s.secret)
	}
	return keys
}

// rotate makes a new secret; the previous ones keep signing for a while.
func (e *endpoint) rotate(now time.Time) (secret string, previousExpires time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	secret, previousExpires = newSecret(), now.Add(rotationOverlap)
	e.secrets[0].expires = previousExpires
	e.secrets = slices.Insert(e.secrets, 0, signingSecret{secret: secret})
	e.secrets = e.secrets[:min(len(e.secrets), keptSecrets)]
	return secret, previousExpires
}

// stop ends an endpoint that answered 410. It stays in the list.
func (e *endpoint) stop() {
	e.mu.Lock()
	e.stopped = true
	e.queue = nil
	e.mu.Unlock()
	e.end()
}

func (e *endpoint) isStopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
}

// The calls under /v1/webhook-endpoints.

type endpointView struct {
	EndpointID    string   `json:"endpoint_id"`
	URL           string   `json:"url"`
	OrgID         string   `json:"org_id,omitempty"`
	EventTypes    []string `json:"event_types,omitempty"`
	CreatedAt     string   `json:"created_at"`
	State         string   `json:"state"`
	StoppedReason string   `json:"stopped_reason,omitempty"`
	Secret        string   `json:"secret,omitempty"`
}

func (e *endpoint) view() endpointView {
	v := endpointView{EndpointID: e.id, URL: e.url, OrgID: e.orgID, EventTypes: e.types, CreatedAt: timestamp(e.createdAt), State: "active"}
	if e.isStopped() {
		v.State, v.StoppedReason = "stopped", stoppedBy410
	}
	return v
}

func (a *api) listEndpoints(c *call) {
	views := []endpointView{}
	for _, e := range a.webhooks.owned(c.caller) {
		views = append(views, e.view())
	}
	writeJSON(c.w, c.r, http.StatusOK, map[string]any{"data": views})
}

func (a *api) createEndpoint(c *call) {
	var body struct {
		URL        *string  `json:"url"`
		OrgID      *string  `json:"org_id"`
		EventTypes []string `json:"event_types"`
	}
	if problem := readJSON(c.w, c.r, &body); problem != nil {
		problem.write(c.w)
		return
	}
	if body.URL == nil || *body.URL == "" || len(*body.URL) > 2048 {
		invalidBody("/url", "Send an absolute https URL of at most 2048 characters.").write(c.w)
		return
	}
	org := ""
	if body.OrgID != nil {
		if org = *body.OrgID; org == "" || len(org) > 256 {
			invalidBody("/org_id", "Send a text of 1 to 256 characters.").write(c.w)
			return
		}
		if !slices.Contains(c.caller.orgs, org) {
			newProblem(http.StatusNotFound, "unknown_org", "No org with this id is visible to this credential.").write(c.w)
			return
		}
	}
	for _, name := range body.EventTypes {
		if _, known := eventTypeOf(name); !known {
			newProblem(http.StatusBadRequest, "unknown_event_type", "List the event types with GET /v1/event-catalog.").write(c.w)
			return
		}
	}
	if err := checkDestination(c.r.Context(), *body.URL, c.caller.sandbox); err != nil {
		p := newProblem(http.StatusBadRequest, "invalid_destination", "Deliveries may not go to this URL: "+err.Error()+".")
		p.Errors = []invalidField{{"/url", err.Error()}}
		p.write(c.w)
		return
	}
	e := a.webhooks.register(c.caller, *body.URL, org, body.EventTypes)
	view := e.view()
	view.Secret = e.signingSecrets(time.Now())[0]
	writeJSON(c.w, c.r, http.StatusCreated, view)
}

// endpoint finds the caller's endpoint, or answers 404.
func (a *api) endpoint(c *call) *endpoint {
	e := a.webhooks.find(c.caller, c.id)
	if e == nil {
		newProblem(http.StatusNotFound, "unknown_endpoint", "This credential has no endpoint with this id.").write(c.w)
	}
	return e
}

func (a *api) deleteEndpoint(c *call) {
	if e := a.endpoint(c); e != nil {
		a.webhooks.remove(e)
		c.w.WriteHeader(http.StatusNoContent)
	}
}

func (a *api) rotateSecret(c *call) {
	if e := a.endpoint(c); e != nil {
		secret, expires := e.rotate(time.Now())
		writeJSON(c.w, c.r, http.StatusOK, map[string]string{"secret": secret, "previous_expires_at": timestamp(expires)})
	}
}

func (a *api) pingEndpoint(c *call) {
	e := a.endpoint(c)
	if e == nil {
		return
	}
	if e.isStopped() {
		newProblem(http.StatusConflict, "endpoint_stopped", "The endpoint answered 410. Register its URL again.").write(c.w)
		return
	}
	org := e.orgID
	if org == "" {
		org = c.caller.orgs[0]
	}
	a.cloud.mu.Lock()
	site := slices.IndexFunc(a.cloud.sites, func(s Site) bool { return s.OrgID == org })
	p, err := a.cloud.event(typePing, org, "", a.cloud.now(), map[string]any{
		"org_id": org, "site_id": a.cloud.sites[site].SiteID, "endpoint_id": e.id,
	})
	a.cloud.mu.Unlock()
	if err != nil {
		panic(err)
	}
	e.enqueue(p)
	writeJSON(c.w, c.r, http.StatusAccepted, map[string]string{"event_id": p.id})
}
