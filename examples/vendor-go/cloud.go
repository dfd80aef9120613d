package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	backfillDepth     = 72 * time.Hour
	backfillGrace     = 2 * time.Hour // kept longer, so that a listing that begins at the limit can end
	tombstoneDays     = 30
	versionRetention  = (tombstoneDays + 1) * 24 * time.Hour
	heartbeatInterval = 5 * time.Minute
	maxEventBytes     = 256 << 10
)

var (
	errUnreachable = errors.New("the device is unreachable")
	errOtherOrg    = errors.New("the site belongs to another org")
	errTooLarge    = errors.New("the event is larger than 256 KiB")
)

// cloud is Fjord's state. Every change, whoever reports it, goes through its methods: they change the inventory and
// publish the events under one lock, so inventory and events agree at every moment.
//
// A device is kept as a list of versions, and each version has a revision. A listing describes one revision, so its
// pages need no copy of the inventory, and a sync token is a revision too.
type cloud struct {
	mu       sync.Mutex
	revision uint64
	clock    time.Time

	orgs    []Org
	sites   []Site
	devices map[string]*record
	order   []*record // by device id
	log     []*published

	publishTo func(*published) // hands an event to the endpoints; called under the lock
}

// record is one device with its history.
type record struct {
	device   Device // as served
	own      string // the last status that the device itself reported
	reason   string
	removed  bool
	versions []version

	heartbeatAt time.Time
	heartbeatID string
	alarms      map[string]condition
	troubles    map[string]condition
}

// condition is a raised alarm or trouble.
type condition struct {
	id, kind, eventID string
	at                time.Time
}

type version struct {
	revision uint64
	at       time.Time
	siteID   string
	removed  bool
	body     json.RawMessage // a device, or its tombstone
}

// published is an event as it is delivered: the same bytes for every endpoint, every attempt and backfill.
type published struct {
	seq      uint64
	at       time.Time
	id       string
	typ      string
	orgID    string
	backfill bool
	body     json.RawMessage
}

func newCloud(e *estate) *cloud {
	c := &cloud{devices: map[string]*record{}, orgs: e.orgs, sites: e.sites, publishTo: func(*published) {}}
	slices.SortFunc(c.orgs, func(a, b Org) int { return cmp.Compare(a.OrgID, b.OrgID) })
	slices.SortFunc(c.sites, func(a, b Site) int { return cmp.Compare(a.SiteID, b.SiteID) })
	c.now()
	for _, d := range e.devices {
		r := c.insert(d)
		if status, reason := c.effective(r); status != d.Status || reason != d.StatusReason {
			r.device.Status, r.device.StatusReason = status, reason
		}
		if unreachable(r) {
			r.device.LastSeenAt = "" // before this process started; not known
		}
		c.commit(r, c.clock)
	}
	return c
}

func (c *cloud) insert(d Device) *record {
	r := &record{device: d, own: d.Status, reason: d.StatusReason, alarms: map[string]condition{}, troubles: map[string]condition{}}
	c.devices[d.DeviceID] = r
	i, _ := slices.BinarySearchFunc(c.order, d.DeviceID, func(r *record, id string) int { return cmp.Compare(r.device.DeviceID, id) })
	c.order = slices.Insert(c.order, i, r)
	return r
}

// now is the vendor's clock. No two calls get the same moment, so a snapshot includes exactly the changes before it.
func (c *cloud) now() time.Time {
	t := time.Now().UTC().Round(0)
	if !t.After(c.clock) {
		t = c.clock.Add(1)
	}
	c.clock = t
	return t
}

// snapshot returns the current revision and the moment that it describes.
func (c *cloud) snapshot() (uint64, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.revision, c.now()
}

// commit makes the device's current state a new version.
func (c *cloud) commit(r *record, at time.Time) {
	var body any = r.device
	if r.removed {
		body = Tombstone{r.device.DeviceID, r.device.OrgID, r.device.SiteID, "removed", timestamp(at)}
	} else {
		r.device.VendorStatus = vendorStatus[r.device.Status]
		r.device.UpdatedAt = timestamp(at)
		body = r.device
	}
	c.revision++
	r.versions = append(r.versions, version{c.revision, at, r.device.SiteID, r.removed, encode(body)})
}

// at returns the version that was current at a revision, or nil.
func (r *record) at(revision uint64) *version {
	for i := len(r.versions) - 1; i >= 0; i-- {
		if r.versions[i].revision <= revision {
			return &r.versions[i]
		}
	}
	return nil
}

// publish makes an event: it is in backfill and handed to the endpoints from now on.
func (c *cloud) publish(typ string, d *Device, at time.Time, data map[string]any) (*published, error) {
	p, err := c.event(typ, d.OrgID, d.DeviceID, at, data)
	if err != nil {
		return nil, err
	}
	c.log = append(c.log, p)
	c.publishTo(p)
	return p, nil
}

func (c *cloud) event(typ, orgID, subject string, at time.Time, data map[string]any) (*published, error) {
	t, _ := eventTypeOf(typ)
	c.revision++
	p := &published{seq: c.revision, at: at, id: newID("evt"), typ: typ, orgID: orgID, backfill: !t.noBackfill}
	p.body = encode(Event{
		SpecVersion: "1.0", ID: p.id, Source: "urn:fjord-security:org:" + orgID, Type: typ, Time: timestamp(at),
		Subject: subject, DataContentType: "application/json", Sequence: fmt.Sprintf("%020d", p.seq), Data: data,
	})
	if len(p.body) > maxEventBytes {
		return nil, errTooLarge
	}
	return p, nil
}

func eventData(d *Device) map[string]any {
	return map[string]any{"org_id": d.OrgID, "site_id": d.SiteID, "device_id": d.DeviceID}
}

func statusData(d *Device) map[string]any {
	data := eventData(d)
	data["status"] = d.Status
	for name, value := range map[string]string{
		"status_reason": d.StatusReason, "vendor_status": d.VendorStatus, "status_observed_at": d.StatusObservedAt,
		"status_changed_at": d.StatusChangedAt, "last_seen_at": d.LastSeenAt, "admin_state": d.AdminState,
	} {
		if value != "" {
			data[name] = value
		}
	}
	return data
}

func deviceData(d *Device) map[string]any {
	data := map[string]any{}
	if err := json.Unmarshal(encode(d), &data); err != nil {
		panic(err)
	}
	return data
}

// connectorOf returns the connector that the device is behind, or nil.
func (c *cloud) connectorOf(r *record) *record {
	parent := c.devices[r.device.ParentDeviceID]
	if parent == nil || parent.removed || !isConnector(parent.device.Type) {
		return nil
	}
	return parent
}

func unreachable(r *record) bool {
	return r != nil && (r.device.Status == offline || r.device.Status == unknown)
}

// effective is the status that Fjord shows: unknown while it cannot hear the device.
func (c *cloud) effective(r *record) (status, reason string) {
	if unreachable(c.connectorOf(r)) {
		return unknown, reasonParentUnreachable
	}
	return r.own, r.reason
}

// reportStatus is what a device's own report does. It returns the id of the status_changed event, if there is one.
func (c *cloud) reportStatus(r *record, status, reason string) (string, error) {
	if unreachable(c.connectorOf(r)) {
		return "", errUnreachable
	}
	r.own, r.reason = status, reason
	at := c.now()
	if status == online || status == degraded {
		r.device.LastSeenAt = timestamp(at)
	}
	return c.refresh(r, at), nil
}

// refresh computes the device's status again, publishes a change, and continues with the devices behind it.
func (c *cloud) refresh(r *record, at time.Time) string {
	d := &r.device
	status, reason := c.effective(r)
	before, beforeReason, wasUnreachable := d.Status, d.StatusReason, unreachable(r)
	d.Status, d.StatusReason, d.StatusObservedAt = status, reason, timestamp(at)
	if status != before {
		d.StatusChangedAt = timestamp(at)
	}
	c.commit(r, at)
	if status == before && reason == beforeReason {
		return ""
	}

	id := ""
	if t, _ := typeOf(d.Type); t.events {
		data := statusData(d)
		data["previous_status"] = before
		if p, err := c.publish(typeStatusChanged, d, at, data); err == nil {
			id = p.id
		}
	}
	if isConnector(d.Type) && unreachable(r) != wasUnreachable {
		c.connectorChanged(r)
	}
	return id
}

// connectorChanged tells of a connector that was lost or is back, and of each device behind it.
func (c *cloud) connectorChanged(r *record) {
	typ := typeConnectorRecovered
	data := c.connectorData(r)
	if unreachable(r) {
		typ = typeConnectorLost
		if r.device.StatusReason != "" {
			data["reason"] = r.device.StatusReason
		}
	}
	_, _ = c.publish(typ, &r.device, c.now(), data)
	for _, child := range c.children(r) {
		c.refresh(child, c.now())
	}
}

func (c *cloud) connectorData(r *record) map[string]any {
	sites := []string{r.device.SiteID}
	var visit func(*record)
	visit = func(r *record) {
		for _, child := range c.children(r) {
			if !slices.Contains(sites, child.device.SiteID) {
				sites = append(sites, child.device.SiteID)
			}
			visit(child)
		}
	}
	visit(r)
	data := eventData(&r.device)
	data["connector_id"] = r.device.DeviceID
	data["affected_site_ids"] = sites
	return data
}

// children are the devices behind a connector.
func (c *cloud) children(r *record) []*record {
	var children []*record
	for _, other := range c.order {
		if !other.removed && other.device.ParentDeviceID == r.device.DeviceID {
			children = append(children, other)
		}
	}
	return children
}

// heartbeat: Fjord heard from the device.
func (c *cloud) heartbeat(r *record, extra map[string]any) (string, error) {
	if unreachable(r) {
		return "", errUnreachable
	}
	at := c.now()
	r.device.LastSeenAt = timestamp(at)
	c.commit(r, at)
	if r.heartbeatID != "" && at.Sub(r.heartbeatAt) < heartbeatInterval {
		return r.heartbeatID, nil
	}
	data := statusData(&r.device)
	for name, value := range extra {
		if _, taken := data[name]; !taken {
			data[name] = value
		}
	}
	p, err := c.publish(typeHeartbeat, &r.device, at, data)
	if err != nil {
		return "", err
	}
	r.heartbeatAt, r.heartbeatID = at, p.id
	return p.id, nil
}

func (c *cloud) addDevice(site Site, kind deviceType, name string) *record {
	at := c.now()
	d := Device{
		DeviceID: newUUID(), OrgID: site.OrgID, SiteID: site.SiteID, Name: name, Type: kind.name, VendorType: kind.vendorType,
		Status: online, StatusObservedAt: timestamp(at), StatusChangedAt: timestamp(at), LastSeenAt: timestamp(at),
		Manufacturer: "Fjord Security",
	}
	if kind.networked {
		d.MACAddresses = []string{macAddress(d.DeviceID)}
	}
	r := c.insert(d)
	c.commit(r, at)
	_, _ = c.publish(typeDeviceAdded, &r.device, at, deviceData(&r.device))
	return r
}

// updateDevice applies a change of the record and returns the id of the event.
func (c *cloud) updateDevice(r *record, previousSite string, fields []string) (string, error) {
	at := c.now()
	c.commit(r, at)
	data := deviceData(&r.device)
	data["changed_fields"] = fields
	if previousSite != "" {
		data["previous_site_id"] = previousSite
	}
	p, err := c.publish(typeDeviceUpdated, &r.device, at, data)
	if err != nil {
		return "", err
	}
	return p.id, nil
}

func (c *cloud) moveDevice(r *record, site Site) error {
	if site.OrgID != r.device.OrgID {
		return errOtherOrg
	}
	if previous := r.device.SiteID; previous != site.SiteID {
		r.device.SiteID = site.SiteID
		_, _ = c.updateDevice(r, previous, []string{"site_id"})
	}
	return nil
}

// removeDevice removes a device. The devices that named it as their parent have no parent afterwards.
func (c *cloud) removeDevice(r *record) string {
	children := c.children(r)
	at := c.now()
	r.removed = true
	c.commit(r, at)
	data := eventData(&r.device)
	data["lifecycle"], data["removed_at"] = "removed", timestamp(at)
	id := ""
	if p, err := c.publish(typeDeviceRemoved, &r.device, at, data); err == nil {
		id = p.id
	}
	for _, child := range children {
		child.device.ParentDeviceID = ""
		_, _ = c.updateDevice(child, "", []string{"parent_device_id"})
		if status, reason := c.effective(child); status != child.device.Status || reason != child.device.StatusReason {
			c.refresh(child, c.now())
		}
	}
	return id
}

func (c *cloud) site(id string) (Site, bool) {
	i := slices.IndexFunc(c.sites, func(s Site) bool { return s.SiteID == id })
	if i < 0 {
		return Site{}, false
	}
	return c.sites[i], true
}

// device returns the device if it exists and belongs to one of the orgs.
func (c *cloud) device(id string, orgs []string) *record {
	r := c.devices[id]
	if r == nil || r.removed || !slices.Contains(orgs, r.device.OrgID) {
		return nil
	}
	return r
}

// prune forgets events and versions whose time is over.
func (c *cloud) prune(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep := slices.IndexFunc(c.log, func(p *published) bool { return now.Sub(p.at) <= backfillDepth+backfillGrace })
	if keep < 0 {
		keep = len(c.log)
	}
	c.log = slices.Clone(c.log[keep:])
	for _, r := range c.order {
		first := 0
		for first+1 < len(r.versions) && now.Sub(r.versions[first+1].at) > versionRetention {
			first++
		}
		r.versions = slices.Clone(r.versions[first:])
	}
}

// encode writes JSON without escaping <, > and &, which are harmless in JSON bodies.
func encode(v any) json.RawMessage {
	var buffer bytes.Buffer
	e := json.NewEncoder(&buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // a type of this program that JSON cannot represent
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

func newID(prefix string) string { return prefix + "_" + rand.Text() }

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
