package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPageSize = 100
	maxPageSize     = 1000
	cursorLifetime  = 30 * time.Minute
	maxTokenLength  = 2048
)

// item is one entry of a listing. Its key orders the listing, and a cursor names the last key of its page.
type item struct {
	key     string
	version uint64
	body    json.RawMessage
}

// listing is a call of a paged resource, after its filters were checked.
type listing struct {
	kind    string
	filters string // canonical text of the filters: a cursor is only good for the same ones
	collect func(revision uint64) []item
	token   func(revision uint64, asOf time.Time) string // nil if the listing has no sync token
}

type page struct {
	Data       []json.RawMessage `json:"data"`
	NextCursor *string           `json:"next_cursor"`
	Snapshot   snapshot          `json:"snapshot"`
	SyncToken  string            `json:"sync_token,omitempty"`
}

type snapshot struct {
	ID         string `json:"id"`
	AsOf       string `json:"as_of"`
	TotalCount int    `json:"total_count"`
}

// cursor is the content of an opaque cursor.
type cursor struct {
	Kind       string    `json:"k"`
	Credential string    `json:"c"`
	Filters    string    `json:"f"`
	Revision   uint64    `json:"r"`
	AsOf       time.Time `json:"a"`
	Last       string    `json:"l"`
	IssuedAt   time.Time `json:"i"`
}

// syncToken is the content of an opaque sync token.
type syncToken struct {
	Credential string    `json:"c"`
	OrgID      string    `json:"o"`
	SiteID     string    `json:"s"`
	Revision   uint64    `json:"r"`
	AsOf       time.Time `json:"a"`
}

func (a *api) servePage(c *call, l listing) {
	w, r, query, caller := c.w, c.r, c.query, c.caller
	limit, problem := pageSize(query)
	if problem != nil {
		problem.write(w)
		return
	}

	var at cursor
	text, continued := parameter(query, "cursor")
	if continued {
		if !a.sealer.open("cur_", text, &at) || at.Kind != l.kind || at.Credential != caller.id || at.Filters != l.filters {
			newProblem(http.StatusBadRequest, "invalid_cursor", "The cursor was not issued for this call. Start the listing again.").write(w)
			return
		}
		if time.Since(at.IssuedAt) > cursorLifetime {
			newProblem(http.StatusGone, "cursor_expired", "The cursor has expired. Start the listing again.").write(w)
			return
		}
	} else {
		at.Revision, at.AsOf = a.cloud.snapshot()
	}

	items := l.collect(at.Revision)
	if !continued {
		etag := a.listingETag(l, items)
		w.Header().Set("ETag", etag)
		if matches(r, etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}

	first := 0
	if continued {
		first = sort.Search(len(items), func(i int) bool { return items[i].key > at.Last })
	}
	end := min(first+limit, len(items))
	p := page{
		Data:     []json.RawMessage{},
		Snapshot: snapshot{ID: fmt.Sprintf("snap_%s", strconv.FormatInt(at.AsOf.UnixNano(), 36)), AsOf: timestamp(at.AsOf), TotalCount: len(items)},
	}
	for _, item := range items[first:end] {
		p.Data = append(p.Data, item.body)
	}
	if end < len(items) {
		next := a.sealer.seal("cur_", cursor{l.kind, caller.id, l.filters, at.Revision, at.AsOf, items[end-1].key, time.Now().UTC()})
		p.NextCursor = &next
	} else if l.token != nil {
		p.SyncToken = l.token(at.Revision, at.AsOf)
	}
	writeJSON(w, r, http.StatusOK, p)
}

// listingETag changes whenever a version of the whole listing does. It includes the boot, because revisions start again.
func (a *api) listingETag(l listing, items []item) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s\n", a.boot, l.kind, l.filters)
	for _, item := range items {
		fmt.Fprintf(h, "%s %d\n", item.key, item.version)
	}
	return fmt.Sprintf(`W/"%x"`, h.Sum(nil)[:12])
}

// matches reports whether If-None-Match names the entity tag; the comparison is weak.
func matches(r *http.Request, etag string) bool {
	for _, header := range r.Header.Values("If-None-Match") {
		for tag := range strings.SplitSeq(header, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}

var integer = regexp.MustCompile(`^[0-9]+$`)

func pageSize(query url.Values) (int, *problem) {
	text, given := parameter(query, "limit")
	if !given {
		return defaultPageSize, nil
	}
	digits := strings.TrimLeft(text, "0")
	if !integer.MatchString(text) || digits == "" {
		return 0, newProblem(http.StatusBadRequest, "invalid_limit", "Send a positive integer.")
	}
	limit, err := strconv.Atoi(digits)
	if err != nil || limit > maxPageSize { // too many digits for an int is also more than the maximum
		limit = maxPageSize
	}
	return limit, nil
}

func parameter(query url.Values, name string) (string, bool) {
	values, given := query[name]
	if !given {
		return "", false
	}
	return values[0], true
}

// deviceItems lists the devices that were in the inventory at a revision.
func (c *cloud) deviceItems(match func(orgID, siteID string) bool, revision uint64) []item {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := make([]item, 0, len(c.order))
	for _, r := range c.order {
		v := r.at(revision)
		if v != nil && !v.removed && match(r.device.OrgID, v.siteID) {
			items = append(items, item{r.device.DeviceID, v.revision, v.body})
		}
	}
	return items
}

// changeItems lists what differs between two revisions: devices in their current state, and tombstones.
func (c *cloud) changeItems(match func(orgID, siteID string) bool, since, revision uint64) []item {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := []item{}
	for _, r := range c.order {
		before, after := r.at(since), r.at(revision)
		if after == nil || before != nil && before.revision == after.revision {
			continue
		}
		matched := before != nil && !before.removed && match(r.device.OrgID, before.siteID)
		if matched || match(r.device.OrgID, after.siteID) {
			items = append(items, item{r.device.DeviceID, after.revision, after.body})
		}
	}
	return items
}

// eventItems lists the events published from a moment up to a revision.
func (c *cloud) eventItems(match func(orgID string) bool, after time.Time, revision uint64) []item {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := []item{}
	for _, p := range c.log {
		if p.backfill && p.seq <= revision && !p.at.Before(after) && match(p.orgID) {
			items = append(items, item{fmt.Sprintf("%020d", p.seq), p.seq, p.body})
		}
	}
	return items
}

func orgItems(orgs []Org, visible []string) []item {
	items := []item{}
	for _, o := range orgs {
		if slices.Contains(visible, o.OrgID) {
			items = append(items, item{o.OrgID, 0, encode(o)})
		}
	}
	return items
}

func siteItems(sites []Site, visible []string, orgID string) []item {
	items := []item{}
	for _, s := range sites {
		if slices.Contains(visible, s.OrgID) && (orgID == "" || s.OrgID == orgID) {
			items = append(items, item{s.SiteID, 0, encode(s)})
		}
	}
	return items
}

// sealer makes tokens that only it can read: encrypted and authenticated.
type sealer struct{ aead cipher.AEAD }

func newSealer() *sealer {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &sealer{aead}
}

func (s *sealer) seal(prefix string, content any) string {
	return prefix + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, encode(content), []byte(prefix)))
}

func (s *sealer) open(prefix, token string, content any) bool {
	text, ok := strings.CutPrefix(token, prefix)
	if !ok || len(token) > maxTokenLength || strings.ContainsAny(text, "\r\n") { // which base64 would skip
		return false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(prefix))
	return err == nil && json.Unmarshal(plain, content) == nil
}
