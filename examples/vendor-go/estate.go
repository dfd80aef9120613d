package main

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// tenants of the demo. The first two are sandboxes, the third is a production tenant.
const (
	tenantSandbox    = "sandbox"
	tenantSecond     = "second"
	tenantProduction = "production"
)

// estate is the inventory with which the cloud starts. Ids are derived from names: they are the same after every start.
type estate struct {
	orgs    []Org
	sites   []Site
	devices []Device
	tenants map[string][]string // tenant to org ids
	seen    time.Time
}

func newEstate(now time.Time) *estate {
	e := &estate{tenants: map[string][]string{}, seen: now.Add(-2 * time.Second)}

	port := e.org(tenantSandbox, "Port of Aarhus")
	e.site(port, "Container Terminal", place{"1 Quay Road", "Aarhus", "DK", 56.1510, 10.2290, "Europe/Copenhagen"}, 3)
	e.site(port, "Freight Yard", place{"20 Rail Street", "Aarhus", "DK", 56.1460, 10.2140, "Europe/Copenhagen"}, 1)
	e.site(port, "Harbour Office", place{"3 Custom House Square", "Aarhus", "DK", 56.1572, 10.2134, "Europe/Copenhagen"}, 1)
	e.site(port, "New Pier (no devices yet)", place{"Pier 9", "Aarhus", "DK", 56.1600, 10.2400, "Europe/Copenhagen"}, 0)
	e.darkSite(port, "Lighthouse", place{"Outer Mole", "Aarhus", "DK", 56.1650, 10.2600, "Europe/Copenhagen"})

	clinic := e.org(tenantSandbox, "Midland Clinics")
	e.site(clinic, "Clinic East", place{"400 Oak Avenue", "Omaha", "US", 41.2565, -95.9345, "America/Chicago"}, 1)
	e.site(clinic, "Clinic West", place{"77 Prairie Road", "Lincoln", "US", 40.8136, -96.7026, "America/Chicago"}, 1)

	museum := e.org(tenantSecond, "City Museum")
	e.site(museum, "Main Hall", place{"5 Museum Lane", "Bergen", "NO", 60.3913, 5.3221, "Europe/Oslo"}, 1)
	e.site(museum, "Depot", place{"9 Dock Street", "Bergen", "NO", 60.3800, 5.3300, "Europe/Oslo"}, 0)

	bank := e.org(tenantProduction, "Savings Bank")
	e.site(bank, "Head Office", place{"1 Market Square", "Oslo", "NO", 59.9139, 10.7522, "Europe/Oslo"}, 1)
	return e
}

type place struct {
	street, city, country string
	latitude, longitude   float64
	timezone              string
}

func (e *estate) org(tenant, name string) Org {
	org := Org{OrgID: nameID("org", name), Name: name}
	e.orgs = append(e.orgs, org)
	e.tenants[tenant] = append(e.tenants[tenant], org.OrgID)
	return org
}

func (e *estate) addSite(org Org, name string, p place) Site {
	s := Site{
		SiteID: nameID("site", org.OrgID, name), OrgID: org.OrgID, Name: name,
		Address:     &Address{Street: p.street, City: p.city, Country: p.country},
		Coordinates: &Coordinates{p.latitude, p.longitude},
		Timezone:    p.timezone,
	}
	e.sites = append(e.sites, s)
	return s
}

// site adds a site; scale multiplies its equipment, and 0 leaves it empty.
func (e *estate) site(org Org, name string, p place, scale int) {
	s := e.addSite(org, name, p)
	for i := range scale {
		bridge := e.device(s, "video_gateway", fmt.Sprintf("Video bridge %d", i+1), "")
		for n := range 12 {
			e.device(s, "camera", fmt.Sprintf("Camera %d-%02d", i+1, n+1), bridge)
		}
		for n := range 3 { // cameras that speak to Fjord directly
			e.device(s, "camera", fmt.Sprintf("Cloud camera %d-%d", i+1, n+1), "")
		}
		e.device(s, "recorder", fmt.Sprintf("Recorder %d", i+1), "")
		e.device(s, "intercom", fmt.Sprintf("Call point %d", i+1), "")

		gateway := e.device(s, "gateway", fmt.Sprintf("Access bridge %d", i+1), "")
		for c := range 2 {
			controller := e.device(s, "access_controller", fmt.Sprintf("Controller %d-%d", i+1, c+1), gateway)
			for n := range 3 {
				e.device(s, "door", fmt.Sprintf("Door %d-%d-%d", i+1, c+1, n+1), controller)
				e.device(s, "reader", fmt.Sprintf("Reader %d-%d-%d", i+1, c+1, n+1), controller)
			}
		}
		e.device(s, "lock", fmt.Sprintf("Cabinet lock %d", i+1), gateway)

		panel := e.device(s, "alarm_panel", fmt.Sprintf("Alarm panel %d", i+1), "")
		e.device(s, "keypad", fmt.Sprintf("Keypad %d", i+1), panel)
		for n, subtype := range []string{"motion", "door_contact", "smoke", "glass_break"} {
			e.device(s, "sensor", fmt.Sprintf("Zone %d-%d", i+1, n+1), panel)
			e.last().Subtype = subtype
		}
		for _, kind := range []string{"server", "power", "network_switch", "speaker", "display", "other"} {
			e.device(s, kind, fmt.Sprintf("%s %d", titles[kind], i+1), "")
		}
	}
	if scale > 1 { // what every real site has
		e.device(s, "camera", "Camera with a dirty lens", "")
		e.last().Status, e.last().StatusReason = degraded, "fault"
		e.device(s, "camera", "Camera in storage", "")
		e.last().Status, e.last().AdminState = offline, "disabled"
		e.device(s, "camera", "Camera without power", "")
		e.last().Status, e.last().StatusReason = offline, "power_loss"
		e.device(s, "camera", "Camera not installed yet", "")
		d := e.last()
		d.Status, d.StatusReason, d.Lifecycle, d.LastSeenAt = unknown, "not_installed", "provisioning", ""
	}
}

var titles = map[string]string{
	"server": "Server", "power": "UPS", "network_switch": "Switch", "speaker": "Speaker", "display": "Sign",
	"other": "Turnstile counter",
}

// darkSite adds a site whose only bridge is offline.
func (e *estate) darkSite(org Org, name string, p place) {
	s := e.addSite(org, name, p)
	bridge := e.device(s, "video_gateway", "Video bridge", "")
	e.last().Status, e.last().StatusReason = offline, "power_loss"
	for n := range 3 {
		e.device(s, "camera", fmt.Sprintf("Camera %d", n+1), bridge)
	}
}

func (e *estate) device(s Site, kind, name, parent string) string {
	t, _ := typeOf(kind)
	at := timestamp(e.seen)
	d := Device{
		DeviceID: nameID("device", s.SiteID, name), OrgID: s.OrgID, SiteID: s.SiteID, Name: name, Type: kind,
		VendorType: t.vendorType, Status: online, StatusObservedAt: at, StatusChangedAt: at, LastSeenAt: at,
		Manufacturer: "Fjord Security", ParentDeviceID: parent, UpdatedAt: at,
	}
	hash := sha256.Sum256([]byte(d.DeviceID))
	d.SerialNumber = fmt.Sprintf("FS-%X", hash[:5])
	if t.networked {
		d.MACAddresses = []string{macAddress(d.DeviceID)}
		d.IPAddresses = []string{fmt.Sprintf("10.%d.%d.%d", hash[6], hash[7], 1+hash[8]%254)}
		d.FirmwareVersion = "5.2.0"
	}
	e.devices = append(e.devices, d)
	return d.DeviceID
}

func (e *estate) last() *Device { return &e.devices[len(e.devices)-1] }

// nameID makes a UUID (version 8) of a name.
func nameID(parts ...string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func macAddress(id string) string {
	h := sha256.Sum256([]byte("mac " + id))
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", h[0], h[1], h[2], h[3], h[4])
}
