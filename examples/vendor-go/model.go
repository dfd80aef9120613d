package main

import (
	"regexp"
	"slices"
	"time"
)

// Event types of the contract that this vendor publishes, and one of its own.
const (
	typeStatusChanged      = "com.convergint.device.status_changed.v1"
	typeHeartbeat          = "com.convergint.device.heartbeat.v1"
	typeDeviceAdded        = "com.convergint.device.added.v1"
	typeDeviceUpdated      = "com.convergint.device.updated.v1"
	typeDeviceRemoved      = "com.convergint.device.removed.v1"
	typeAlarmRaised        = "com.convergint.alarm.raised.v1"
	typeAlarmCleared       = "com.convergint.alarm.cleared.v1"
	typeTroubleRaised      = "com.convergint.trouble.raised.v1"
	typeTroubleCleared     = "com.convergint.trouble.cleared.v1"
	typeAccessGranted      = "com.convergint.access.granted.v1"
	typeAccessDenied       = "com.convergint.access.denied.v1"
	typeDoorForcedOpen     = "com.convergint.door.forced_open.v1"
	typeDoorHeldOpen       = "com.convergint.door.held_open.v1"
	typeDoorSecured        = "com.convergint.door.secured.v1"
	typeStreamLost         = "com.convergint.video.stream_lost.v1"
	typeStreamRestored     = "com.convergint.video.stream_restored.v1"
	typeRecordingFailed    = "com.convergint.video.recording_failed.v1"
	typeRecordingRestored  = "com.convergint.video.recording_restored.v1"
	typeStorageDegraded    = "com.convergint.storage.degraded.v1"
	typeStorageFailed      = "com.convergint.storage.failed.v1"
	typeStorageRestored    = "com.convergint.storage.restored.v1"
	typeConnectorLost      = "com.convergint.connector.disconnected.v1"
	typeConnectorRecovered = "com.convergint.connector.reconnected.v1"
	typePing               = "com.convergint.webhook.ping.v1"
	typeCallStarted        = "com.fjordsecurity.intercom.call_started.v1"
)

const (
	online   = "online"
	degraded = "degraded"
	offline  = "offline"
	unknown  = "unknown"
)

const reasonParentUnreachable = "parent_unreachable"

// vendorStatus has Fjord's own terms for the four statuses.
var vendorStatus = map[string]string{online: "up", degraded: "fault", offline: "down", unknown: "no contact"}

// deviceType says how devices of one type behave.
type deviceType struct {
	name       string
	events     bool // changes of status are posted, not only shown in inventory
	connector  bool // other devices are heard from through it
	networked  bool // has a MAC address
	vendorType string
}

var deviceTypes = []deviceType{
	{name: "camera", events: true, networked: true, vendorType: "FS Dome 5"},
	{name: "intercom", events: true, networked: true, vendorType: "FS Talk"},
	{name: "recorder", events: true, networked: true, vendorType: "FS Vault 16"},
	{name: "server", events: true, networked: true, vendorType: "FS Node"},
	{name: "video_gateway", events: true, connector: true, networked: true, vendorType: "FS Video Bridge"},
	{name: "gateway", events: true, connector: true, networked: true, vendorType: "FS Bridge"},
	{name: "access_controller", events: true, connector: true, networked: true, vendorType: "FS Gate 4"},
	{name: "door", events: true},
	{name: "reader", events: true, vendorType: "FS Tap"},
	{name: "lock", events: true, vendorType: "FS Bolt"},
	{name: "alarm_panel", events: true, connector: true, vendorType: "FS Guard"},
	{name: "keypad", events: true, vendorType: "FS Guard Keys"},
	{name: "sensor", events: true, vendorType: "FS Sense"},
	{name: "power", events: true, vendorType: "FS Reserve"},
	{name: "network_switch", events: true, networked: true, vendorType: "FS Fabric 24"},
	{name: "speaker", vendorType: "FS Voice"},
	{name: "display", vendorType: "FS Sign"},
	{name: "other", events: true, vendorType: "Turnstile counter"},
}

func typeOf(name string) (deviceType, bool) {
	i := slices.IndexFunc(deviceTypes, func(t deviceType) bool { return t.name == name })
	if i < 0 {
		return deviceType{}, false
	}
	return deviceTypes[i], true
}

func isConnector(name string) bool {
	t, ok := typeOf(name)
	return ok && t.connector
}

func typeNames(keep func(deviceType) bool) []string {
	names := []string{}
	for _, t := range deviceTypes {
		if keep(t) {
			names = append(names, t.name)
		}
	}
	return names
}

// eventType is an entry of the catalogue.
type eventType struct {
	name, family, description string
	deviceTypes               []string
	noBackfill                bool
}

var eventTypes = func() []eventType {
	all := typeNames(func(deviceType) bool { return true })
	posted := typeNames(func(t deviceType) bool { return t.events })
	connectors := typeNames(func(t deviceType) bool { return t.connector })
	troubled := []string{"alarm_panel", "keypad", "sensor", "power", "access_controller"}
	return []eventType{
		{name: typeStatusChanged, family: "health", description: "The status of a device changed.", deviceTypes: posted},
		{name: typeHeartbeat, family: "health", description: "Fjord heard from a device.", deviceTypes: posted},
		{name: typeDeviceAdded, family: "inventory", description: "A device was added.", deviceTypes: all},
		{name: typeDeviceUpdated, family: "inventory", description: "A device's record changed, or the device moved.", deviceTypes: all},
		{name: typeDeviceRemoved, family: "inventory", description: "A device was removed.", deviceTypes: all},
		{name: typeAlarmRaised, family: "alarm", description: "An alarm was raised.", deviceTypes: []string{"alarm_panel", "sensor"}},
		{name: typeAlarmCleared, family: "alarm", description: "An alarm was cleared.", deviceTypes: []string{"alarm_panel", "sensor"}},
		{name: typeTroubleRaised, family: "trouble", description: "The equipment has a fault.", deviceTypes: troubled},
		{name: typeTroubleCleared, family: "trouble", description: "A fault of the equipment was cleared.", deviceTypes: troubled},
		{name: typeAccessGranted, family: "access", description: "Access was granted.", deviceTypes: []string{"door", "lock"}},
		{name: typeAccessDenied, family: "access", description: "Access was denied.", deviceTypes: []string{"door", "lock"}},
		{name: typeDoorForcedOpen, family: "door", description: "A door was forced open.", deviceTypes: []string{"door"}},
		{name: typeDoorHeldOpen, family: "door", description: "A door is held open.", deviceTypes: []string{"door"}},
		{name: typeDoorSecured, family: "door", description: "A door is closed and locked again.", deviceTypes: []string{"door"}},
		{name: typeStreamLost, family: "video", description: "A stream was lost.", deviceTypes: []string{"camera"}},
		{name: typeStreamRestored, family: "video", description: "A stream was restored.", deviceTypes: []string{"camera"}},
		{name: typeRecordingFailed, family: "video", description: "A recording failed.", deviceTypes: []string{"camera"}},
		{name: typeRecordingRestored, family: "video", description: "A recording was restored.", deviceTypes: []string{"camera"}},
		{name: typeStorageDegraded, family: "storage", description: "Storage works with a fault.", deviceTypes: []string{"recorder", "server"}},
		{name: typeStorageFailed, family: "storage", description: "Storage failed.", deviceTypes: []string{"recorder", "server"}},
		{name: typeStorageRestored, family: "storage", description: "Storage was restored.", deviceTypes: []string{"recorder", "server"}},
		{name: typeConnectorLost, family: "connector", description: "A connector lost its connection.", deviceTypes: connectors},
		{name: typeConnectorRecovered, family: "connector", description: "A connector regained its connection.", deviceTypes: connectors},
		{name: typePing, family: "webhook", description: "A test delivery; nothing happened.", deviceTypes: []string{}, noBackfill: true},
		{name: typeCallStarted, family: "intercom", description: "A visitor pressed the call button.", deviceTypes: []string{"intercom"}},
	}
}()

func eventTypeOf(name string) (eventType, bool) {
	i := slices.IndexFunc(eventTypes, func(t eventType) bool { return t.name == name })
	if i < 0 {
		return eventType{}, false
	}
	return eventTypes[i], true
}

func (t eventType) delivery() []string {
	if t.noBackfill {
		return []string{"webhook"}
	}
	return []string{"webhook", "backfill"}
}

// Org, Site and Device are the contract's resources, as served.
type Org struct {
	OrgID string `json:"org_id"`
	Name  string `json:"name"`
}

type Site struct {
	SiteID      string       `json:"site_id"`
	OrgID       string       `json:"org_id"`
	Name        string       `json:"name"`
	Address     *Address     `json:"address,omitempty"`
	Coordinates *Coordinates `json:"coordinates,omitempty"`
	Timezone    string       `json:"timezone,omitempty"`
}

type Address struct {
	Street     string `json:"street,omitempty"`
	City       string `json:"city,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

type Coordinates struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type Device struct {
	DeviceID         string   `json:"device_id"`
	OrgID            string   `json:"org_id"`
	SiteID           string   `json:"site_id"`
	Name             string   `json:"name"`
	Type             string   `json:"type"`
	Subtype          string   `json:"subtype,omitempty"`
	VendorType       string   `json:"vendor_type,omitempty"`
	Status           string   `json:"status,omitempty"`
	StatusReason     string   `json:"status_reason,omitempty"`
	VendorStatus     string   `json:"vendor_status,omitempty"`
	StatusObservedAt string   `json:"status_observed_at,omitempty"`
	StatusChangedAt  string   `json:"status_changed_at,omitempty"`
	LastSeenAt       string   `json:"last_seen_at,omitempty"`
	AdminState       string   `json:"admin_state,omitempty"`
	MACAddresses     []string `json:"mac_addresses,omitempty"`
	IPAddresses      []string `json:"ip_addresses,omitempty"`
	Manufacturer     string   `json:"manufacturer,omitempty"`
	Model            string   `json:"model,omitempty"`
	FirmwareVersion  string   `json:"firmware_version,omitempty"`
	SerialNumber     string   `json:"serial_number,omitempty"`
	ParentDeviceID   string   `json:"parent_device_id,omitempty"`
	Zone             string   `json:"zone,omitempty"`
	Lifecycle        string   `json:"lifecycle,omitempty"`
	UpdatedAt        string   `json:"updated_at,omitempty"`
}

// Tombstone is what remains of a removed device.
type Tombstone struct {
	DeviceID  string `json:"device_id"`
	OrgID     string `json:"org_id"`
	SiteID    string `json:"site_id"`
	Lifecycle string `json:"lifecycle"`
	RemovedAt string `json:"removed_at"`
}

// Event is a CloudEvents 1.0 event in JSON.
type Event struct {
	SpecVersion     string         `json:"specversion"`
	ID              string         `json:"id"`
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Time            string         `json:"time"`
	Subject         string         `json:"subject,omitempty"`
	DataContentType string         `json:"datacontenttype"`
	Sequence        string         `json:"sequence"`
	Data            map[string]any `json:"data"`
}

func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

var timestampPattern = regexp.MustCompile(`^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]00:00)$`)

// parseTimestamp reads the contract's form of RFC 3339: UTC, at most nine digits of fraction.
func parseTimestamp(s string) (time.Time, bool) {
	if !timestampPattern.MatchString(s) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UTC(), err == nil
}
